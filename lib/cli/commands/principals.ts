import { type Command, Option } from 'commander'
import type { NewPrincipal, Principal, UserChanges } from '../../core/index.js'
import { collect, readSecret } from '../input.js'
import { facts, print, table } from '../output.js'
import { addPageOptions, type PageOptions, pageOf, printPage } from '../paging.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface CreateOptions extends TargetOptions {
  readonly kind?: NonNullable<NewPrincipal['kind']>
  readonly role?: NonNullable<NewPrincipal['roles']>
  readonly permission?: NonNullable<NewPrincipal['permissions']>
}

interface SetOptions extends TargetOptions {
  readonly enable?: true
  readonly disable?: true
  readonly role?: NonNullable<UserChanges['roles']>
  readonly permission?: NonNullable<UserChanges['permissions']>
  /** False for --no-roles and --no-permissions. */
  readonly roles: boolean
  readonly permissions: boolean
}

export function principalCommands(program: Command): void {
  const principals = program.command('principal').description('Register and govern who works with keys.')

  addRightsOptions(principals.command('create <name>'))
    .description('Register a principal.')
    .addOption(new Option('--kind <kind>').choices(['user', 'service', 'client']))
    .action(async (name: string, { kind, role, permission, ...options }: CreateOptions) => {
      const input = {
        name,
        ...(kind && { kind }),
        ...(role && { roles: role }),
        ...(permission && { permissions: permission }),
      }
      printPrincipal(options, await withClient(options, ({ keys }) => keys.createPrincipal(input)))
    })

  addPageOptions(principals.command('list'))
    .description('Who is registered.')
    .action(async (options: PageOptions) => {
      const page = await withClient(options, ({ keys }) => keys.principals(pageOf(options)))
      printPage(options, page, () =>
        table(
          ['ID', 'NAME', 'KIND', 'ROLES', 'ENABLED'],
          page.principals.map(({ id, name, kind, roles, enabled }) => [
            id,
            name,
            kind,
            roles.join(', '),
            String(enabled),
          ]),
        ),
      )
    })

  addRightsOptions(principals.command('set <principal>'))
    .description(
      'Enable, disable, or change roles and permissions. Who is disabled loses its tokens at once.',
    )
    .option('--enable')
    .addOption(new Option('--disable').conflicts('enable'))
    .option('--no-roles', 'take all roles')
    .option('--no-permissions', 'take all permissions')
    .action(
      async (
        principal: string,
        { enable, disable, role, permission, roles, permissions, ...options }: SetOptions,
      ) => {
        const changes = {
          ...(enable && { enabled: true }),
          ...(disable && { enabled: false }),
          ...(roles ? role && { roles: role } : { roles: [] }),
          ...(permissions ? permission && { permissions: permission } : { permissions: [] }),
        }
        printPrincipal(
          options,
          await withClient(options, ({ keys }) => keys.setPrincipal(principal, changes)),
        )
      },
    )

  addTargetOptions(principals.command('password <principal>'))
    .description('Set a password, typed or from standard input. Every token of the principal ends.')
    .action(async (principal: string, options: TargetOptions) => {
      const password = await readSecret('New password: ')
      const answer = await withClient(options, ({ keys }) => keys.setPassword(principal, password))
      print(options, answer, () => facts({ ...answer }))
    })
}

function addRightsOptions(command: Command): Command {
  return addTargetOptions(command)
    .addOption(new Option('--role <role>', 'may be repeated: name of a role').argParser(collect))
    .addOption(
      new Option('--permission <permission>', 'may be repeated: Create, Import, ...').argParser(collect),
    )
}

function printPrincipal(options: TargetOptions, principal: Principal): void {
  print(options, principal, () => facts({ ...principal }))
}
