import { type Command, Option } from 'commander'
import { type GrantablePermission, type Grantee, grantablePermissions } from '../../core/index.js'
import { facts, print, table } from '../output.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface GranteeOptions extends TargetOptions {
  readonly principal?: string
  readonly everyone?: true
}

export function grantCommands(program: Command): void {
  const grants = program.command('grant').description('Say who may do what with a key.')

  addGranteeOptions(grants.command('add <key>'))
    .description('Add permissions to what a principal, or everyone, has.')
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
}

function addGranteeOptions(command: Command): Command {
  return addTargetOptions(command)
    .option('--principal <principal>', 'id or name')
    .addOption(new Option('--everyone', 'every enabled principal').conflicts('principal'))
}

function granteeOf({ principal, everyone }: GranteeOptions, command: Command): Grantee {
  if (everyone) return { everyone }
  if (principal !== undefined) return { principal }
  return command.error('mortise: say to whom: --principal or --everyone')
}
