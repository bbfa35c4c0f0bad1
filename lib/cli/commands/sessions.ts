import type { Command } from 'commander'
import { date, table } from '../output.js'
import { addPageOptions, type PageOptions, pageOf, printPage } from '../paging.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

export function sessionCommands(program: Command): void {
  const sessions = program.command('session').description('Who is logged in.')

  addPageOptions(sessions.command('list'))
    .description('Logins that go on.')
    .option('--principal <principal>', 'whose; default one’s own')
    .action(async ({ principal, ...options }: PageOptions & { readonly principal?: string }) => {
      const query = { ...(principal !== undefined && { principal }), ...pageOf(options) }
      const page = await withClient(options, ({ keys }) => keys.sessions(query))
      printPage(options, page, () =>
        table(
          ['ID', 'LABEL', 'IDENTITY', 'FACTORS', 'CREATED', 'LAST USED', 'ENDS'],
          page.sessions.map(({ id, label, identity, factors, created, lastUsed, ends }) => [
            id,
            label,
            identity,
            factors.map(({ method }) => method).join(', '),
            date(created),
            date(lastUsed),
            date(ends),
          ]),
        ),
      )
    })

  addTargetOptions(sessions.command('end <id>'))
    .description('End a login of one’s own with its tokens.')
    .option('--any', 'anybody’s, with the right to manage tokens')
    .action(async (id: string, options: TargetOptions & { readonly any?: true }) => {
      await withClient(options, ({ keys }) => keys.endSession(id, { own: !options.any }))
    })
}
