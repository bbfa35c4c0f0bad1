import type { Command } from 'commander'
import { wholeNumber } from '../input.js'
import { date, print, table } from '../output.js'
import { addPageOptions, type PageOptions, pageOf, printPage } from '../paging.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

const day = 24 * 60 * 60 * 1000

interface OwnerOptions extends TargetOptions {
  readonly principal?: string
}

interface CreateOptions extends OwnerOptions {
  readonly label?: string
  readonly days?: number
}

export function tokenCommands(program: Command): void {
  const tokens = program.command('token').description('Make and end API tokens.')

  addOwnerOption(addTargetOptions(tokens.command('create')))
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

  addOwnerOption(addPageOptions(tokens.command('list')))
    .description('Tokens that are still accepted.')
    .action(async ({ principal, ...options }: OwnerOptions & PageOptions) => {
      const query = { ...(principal !== undefined && { principal }), ...pageOf(options) }
      const page = await withClient(options, ({ keys }) => keys.tokens(query))
      printPage(options, page, () =>
        table(
          ['ID', 'LABEL', 'CREATED', 'EXPIRES'],
          page.tokens.map(({ id, label, created, expires }) => [id, label, date(created), date(expires)]),
        ),
      )
    })

  addTargetOptions(tokens.command('revoke <id>'))
    .description('End a token of one’s own.')
    .option('--any', 'anybody’s, with the right to manage tokens')
    .action(async (id: string, options: TargetOptions & { readonly any?: true }) => {
      await withClient(options, ({ keys }) => keys.revokeToken(id, { own: !options.any }))
    })
}

function addOwnerOption(command: Command): Command {
  return command.option('--principal <principal>', 'whose; default one’s own')
}
