import { type Command, Option } from 'commander'
import { type GrantablePermission, type Grantee, grantablePermissions, type Scope } from '../../core/index.js'
import { wholeNumber } from '../input.js'
import { facts, mentionNext, print, table } from '../output.js'
import { scopeHelp, scopeOf, scopeText } from '../scope.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface GranteeOptions extends TargetOptions {
  readonly principal?: string
  readonly group?: string
  readonly everyone?: true
}

interface PageOptions extends TargetOptions {
  readonly limit?: number
  readonly after?: string
}

export function grantCommands(program: Command): void {
  const grants = program.command('grant').description('Say who may do what with a key.')

  addGranteeOptions(grants.command('add <key>'))
    .description('Add permissions to what a principal, a group or everyone has.')
    .argument('<permission...>', grantablePermissions.join(', '))
    .action(
      async (key: string, permissions: GrantablePermission[], options: GranteeOptions, command: Command) => {
        const grantee = granteeOf(options, command)
        const granted = await withClient(options, ({ keys }) => keys.grant(key, grantee, permissions))
        print(options, granted, () => facts({ ...granted }))
      },
    )

  addGranteeOptions(grants.command('remove <key>'))
    .description('Take permissions back, all of them by default.')
    .argument('[permission...]', grantablePermissions.join(', '))
    .action(
      async (key: string, permissions: GrantablePermission[], options: GranteeOptions, command: Command) => {
        const grantee = granteeOf(options, command)
        const taken = permissions.length > 0 ? permissions : undefined
        const granted = await withClient(options, ({ keys }) => keys.withdraw(key, grantee, taken))
        print(options, granted, () => facts({ ...granted }))
      },
    )

  addTargetOptions(grants.command('list <key>'))
    .description('Who has been granted what.')
    .action(async (key: string, options: TargetOptions) => {
      const entries = await withClient(options, ({ keys }) => keys.grants(key))
      print(options, entries, () =>
        table(
          ['GRANTEE', 'ID', 'PERMISSIONS'],
          entries.map(({ granteeKind, name, grantee, permissions }) => [
            name ?? granteeKind,
            grantee === '' ? null : grantee,
            permissions.join(', '),
          ]),
        ),
      )
    })

  addGranteeOptions(grants.command('add-scope'))
    .description('Add permissions on every key of a scope, whoever owns it, those to come as well.')
    .argument('<scope>', scopeHelp, scopeOf)
    .argument('<permission...>', grantablePermissions.join(', '))
    .action(
      async (scope: Scope, permissions: GrantablePermission[], options: GranteeOptions, command: Command) => {
        const grantee = granteeOf(options, command)
        const granted = await withClient(options, ({ keys }) =>
          keys.grantOnScope(scope, grantee, permissions),
        )
        print(options, granted, () => facts({ ...granted, scope: scopeText(scope) }))
      },
    )

  addGranteeOptions(grants.command('remove-scope'))
    .description('Take permissions on a scope back, all of them by default.')
    .argument('<scope>', scopeHelp, scopeOf)
    .argument('[permission...]', grantablePermissions.join(', '))
    .action(
      async (scope: Scope, permissions: GrantablePermission[], options: GranteeOptions, command: Command) => {
        const grantee = granteeOf(options, command)
        const taken = permissions.length > 0 ? permissions : undefined
        const left = await withClient(options, ({ keys }) => keys.withdrawOnScope(scope, grantee, taken))
        print(options, left, () => facts({ ...left, scope: scopeText(scope) }))
      },
    )

  addTargetOptions(grants.command('list-scopes'))
    .description('Who has been granted what on which scopes.')
    .option('--limit <number>', 'at most so many, 1 to 1000', wholeNumber)
    .option('--after <text>', 'what follows the page before')
    .action(async ({ limit, after, ...options }: PageOptions) => {
      const query = { ...(limit !== undefined && { limit }), ...(after !== undefined && { after }) }
      const page = await withClient(options, ({ keys }) => keys.scopedGrants(query))
      print(options, page, () =>
        table(
          ['SCOPE', 'GRANTEE', 'ID', 'PERMISSIONS'],
          page.grants.map(({ scope, granteeKind, name, grantee, permissions }) => [
            scopeText(scope),
            name ?? granteeKind,
            grantee === '' ? null : grantee,
            permissions.join(', '),
          ]),
        ),
      )
      if (!options.json) mentionNext('--after', page.next)
    })
}

function addGranteeOptions(command: Command): Command {
  return addTargetOptions(command)
    .option('--principal <principal>', 'id or name')
    .addOption(new Option('--group <group>', 'id or name').conflicts('principal'))
    .addOption(new Option('--everyone', 'every enabled principal').conflicts(['principal', 'group']))
}

function granteeOf({ principal, group, everyone }: GranteeOptions, command: Command): Grantee {
  if (everyone) return { everyone }
  if (principal !== undefined) return { principal }
  if (group !== undefined) return { group }
  return command.error('mortise: say to whom: --principal, --group or --everyone')
}
