import { type Command, Option } from 'commander'
import type { NewRole, Role, RoleChanges, Scope } from '../../core/index.js'
import { collect } from '../input.js'
import { facts, print, table } from '../output.js'
import { addPageOptions, type PageOptions, pageOf, printPage } from '../paging.js'
import { scopeHelp, scopeOf, scopeText } from '../scope.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface FieldOptions extends TargetOptions {
  readonly description?: string
  readonly system?: NonNullable<NewRole['system']> | false
  readonly object?: NonNullable<NewRole['objects']>
  /** False for --no-scope. */
  readonly scope?: Scope | false
}

export function roleCommands(program: Command): void {
  const roles = program.command('role').description('Named sets of permissions to administer.')

  addFieldOptions(roles.command('create <name>'))
    .description('Make a role.')
    .action(async (name: string, options: FieldOptions) => {
      const role = await withClient(options, ({ keys }) => keys.createRole({ name, ...fieldsOf(options) }))
      printRole(options, role)
    })

  addPageOptions(roles.command('list'))
    .description('The roles that there are, the built-in ones first.')
    .action(async (options: PageOptions) => {
      const page = await withClient(options, ({ keys }) => keys.roles(pageOf(options)))
      printPage(options, page, () =>
        table(
          ['NAME', 'SYSTEM', 'OBJECTS', 'SCOPE'],
          page.roles.map(({ name, system, objects, scope }) => [
            name,
            system.join(', '),
            objects.join(', '),
            scopeText(scope),
          ]),
        ),
      )
    })

  addFieldOptions(roles.command('set <role>'))
    .description('Change what a role allows, for everybody who has it.')
    .option('--no-system', 'take all system permissions')
    .option('--no-scope', 'every object')
    .action(async (role: string, options: FieldOptions) => {
      printRole(options, await withClient(options, ({ keys }) => keys.setRole(role, fieldsOf(options))))
    })

  addTargetOptions(roles.command('delete <role>'))
    .description('Delete a role that nobody has.')
    .action(async (role: string, options: TargetOptions) => {
      await withClient(options, ({ keys }) => keys.deleteRole(role))
    })
}

function addFieldOptions(command: Command): Command {
  return addTargetOptions(command)
    .option('--description <text>')
    .addOption(
      new Option('--system <permission>', 'may be repeated: Create, AuditRead, ...').argParser(collect),
    )
    .addOption(new Option('--object <permission>', 'may be repeated: Get, Revoke, ...').argParser(collect))
    .addOption(new Option('--scope <scope>', `${scopeHelp}; every object without it`).argParser(scopeOf))
}

/** What commander calls true is an option that was not given beside its --no- form. */
function fieldsOf({ description, system, object, scope }: FieldOptions): RoleChanges {
  return {
    ...(description !== undefined && { description }),
    ...(Array.isArray(system) && { system }),
    ...(system === false && { system: [] }),
    ...(object && { objects: object }),
    ...(typeof scope === 'object' && { scope }),
    ...(scope === false && { scope: null }),
  }
}

function printRole(options: TargetOptions, role: Role): void {
  print(options, role, () => facts({ ...role, scope: scopeText(role.scope) }))
}
