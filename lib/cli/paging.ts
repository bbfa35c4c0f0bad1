import type { Command } from 'commander'
import type { PageInput, SkipInput } from '../core/index.js'
import { wholeNumber } from './input.js'
import { mentionNext, print } from './output.js'
import { addTargetOptions, type TargetOptions } from './target.js'

export type PageOptions = TargetOptions & PageInput
export type SkipOptions = TargetOptions & SkipInput

/** The options of a command that lists something in pages. */
export function addPageOptions(command: Command): Command {
  return addTargetOptions(command)
    .option('--limit <number>', 'at most so many, 1 to 1000', wholeNumber)
    .option('--after <cursor>', 'what follows the page before')
}

export function pageOf({ limit, after }: PageInput): PageInput {
  return { ...(limit !== undefined && { limit }), ...(after !== undefined && { after }) }
}

/** Prints a page and, for people, says how the list goes on. */
export function printPage(
  options: TargetOptions,
  page: { readonly next: string | null },
  text: () => string,
): void {
  print(options, page, text)
  if (!options.json) mentionNext('--after', page.next)
}

/** The options of a command that lists something by number. */
export function addSkipOptions(command: Command): Command {
  return addTargetOptions(command)
    .option('--skip <number>', 'how many to pass over', wholeNumber)
    .option('--limit <number>', 'at most so many, 1 to 2000', wholeNumber)
}

export function skipOf({ skip, limit }: SkipInput): SkipInput {
  return { ...(skip !== undefined && { skip }), ...(limit !== undefined && { limit }) }
}

/** Says, for people, that there are more than the `shown` ones. */
export function mentionRest(
  { json, skip = 0 }: SkipOptions,
  { total }: { readonly total: number },
  shown: number,
): void {
  if (!json && skip + shown < total)
    process.stderr.write(`mortise: there are ${total}: --skip ${skip + shown}\n`)
}
