import { type Command, Option } from 'commander'
import { type GrantablePermission, type Grantee, grantablePermissions, type Scope } from '../../core/index.js'
import { facts, print, table } from '../output.js'
import { addPageOptions, type PageOptions, pageOf, printPage } from '../paging.js'
import { scopeHelp, scopeOf, scopeText } from '../scope.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface GranteeOptions extends TargetOptions {
  readonly principal?: string
  readonly group?: string
  readonly everyone?: true
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

  addPageOptions(grants.command('list-scopes'))
    .description('Who has been granted what on which scopes.')
    .action(async (options: PageOptions) => {
      const page = await withClient(options, ({ keys }) => keys.scopedGrants(pageOf(options)))
      printPage(options, page, () =>
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
