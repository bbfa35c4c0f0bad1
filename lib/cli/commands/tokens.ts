import type { Command } from 'commander'
import { wholeNumber } from '../input.js'
import { date, mentionNext, print, table } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

const day = 24 * 60 * 60 * 1000

interface OwnerOptions extends TargetOptions {
  readonly principal?: string
}

interface CreateOptions extends OwnerOptions {
  readonly label?: string
  readonly days?: number
}

interface ListOptions extends OwnerOptions {
  readonly limit?: number
  readonly after?: string
}

export function tokenCommands(program: Command): void {
  const tokens = program.command('token').description('Make and end API tokens.')

  addOwnerOption(tokens.command('create'))
    .description('Make a token; its text is printed once.')
    .option('--label <text>', 'what it is for')
    .option('--days <number>', 'days until it expires; default never', wholeNumber)
    .action(async ({ principal, label, days, ...options }: CreateOptions) => {
      const input = {
        ...(principal !== undefined && { principal }),
        ...(label !== undefined && { label }),
        ...(days !== undefined && { expires: Date.now() + days * day }),
      }
      const token = await withClient(options, ({ keys }) => keys.createToken(input))
      print(options, token, () => token.text)
    })

  addOwnerOption(tokens.command('list'))
    .description('Tokens that are still accepted.')
    .option('--limit <number>', 'at most so many, 1 to 1000', wholeNumber)
    .option('--after <id>', 'what follows the page before')
    .action(async ({ principal, limit, after, ...options }: ListOptions) => {
      const query = {
        ...(principal !== undefined && { principal }),
        ...(limit !== undefined && { limit }),
        ...(after !== undefined && { after }),
      }
      const page = await withClient(options, ({ keys }) => keys.tokens(query))
      print(options, page, () =>
        table(
          ['ID', 'LABEL', 'CREATED', 'EXPIRES'],
          page.tokens.map(({ id, label, created, expires }) => [id, label, date(created), date(expires)]),
        ),
      )
      if (!options.json) mentionNext('--after', page.next)
    })

  addTargetOptions(tokens.command('revoke <id>'))
    .description('End a token of one’s own.')
    .option('--any', 'anybody’s, with the right to manage tokens')
    .action(async (id: string, options: TargetOptions & { readonly any?: true }) => {
      await withClient(options, ({ keys }) => keys.revokeToken(id, { own: !options.any }))
    })
}

function addOwnerOption(command: Command): Command {
  return addTargetOptions(command).option('--principal <principal>', 'whose; default one’s own')
}
