import { type Command, Option } from 'commander'
import type { Group, GroupChanges } from '../../core/index.js'
import { collect, jsonObject } from '../input.js'
import { facts, print, table } from '../output.js'
import {
  addPageOptions,
  addSkipOptions,
  mentionRest,
  type PageOptions,
  pageOf,
  printPage,
  type SkipOptions,
  skipOf,
} from '../paging.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

interface FieldOptions extends TargetOptions {
  readonly description?: string
  readonly role?: readonly string[]
  readonly metadata?: Readonly<Record<string, unknown>>
}

interface SetOptions extends FieldOptions {
  readonly name?: string
  /** False for --no-roles. */
  readonly roles: boolean
}

export function groupCommands(program: Command): void {
  const groups = program.command('group').description('Principals that get the same roles and grants.')

  addFieldOptions(groups.command('create <name>'))
    .description('Make a group.')
    .addOption(new Option('--member <principal>', 'may be repeated: id or name').argParser(collect))
    .action(async (name: string, options: FieldOptions & { readonly member?: readonly string[] }) => {
      const input = { name, ...fieldsOf(options), ...(options.member && { members: options.member }) }
      printGroup(options, await withClient(options, ({ keys }) => keys.createGroup(input)))
    })

  addSkipOptions(groups.command('list'))
    .description('The groups that there are; with --of those that a principal belongs to.')
    .option('--of <principal>', 'id or name')
    .action(async (options: SkipOptions & { readonly of?: string }) => {
      const page = await withClient(options, async ({ keys }) => {
        if (options.of === undefined) return keys.groups(skipOf(options))
        const groups = await keys.groupsOf(options.of)
        return { groups, total: groups.length }
      })
      print(options, page, () =>
        table(
          ['ID', 'NAME', 'ROLES', 'SYSTEM', 'DESCRIPTION'],
          page.groups.map(({ id, name, roles, system, description }) => [
            id,
            name,
            roles.join(', '),
            String(system),
            description,
          ]),
        ),
      )
      if (options.of === undefined) mentionRest(options, page, page.groups.length)
    })

  addFieldOptions(groups.command('set <group>'))
    .description('Change the name, description, roles or metadata of a group.')
    .option('--name <name>', 'what it is called from now on')
    .option('--no-roles', 'take all roles')
    .action(async (group: string, { name, roles, ...options }: SetOptions) => {
      const changes: GroupChanges = {
        ...fieldsOf(options),
        ...(name !== undefined && { name }),
        ...(!roles && { roles: [] }),
      }
      printGroup(options, await withClient(options, ({ keys }) => keys.setGroup(group, changes)))
    })

  addTargetOptions(groups.command('delete <group>'))
    .description('Delete a group; what its members had through it is gone at once.')
    .action(async (group: string, options: TargetOptions) => {
      await withClient(options, ({ keys }) => keys.deleteGroup(group))
    })

  addPageOptions(groups.command('members <group>'))
    .description('Who belongs to a group.')
    .action(async (group: string, options: PageOptions) => {
      const page = await withClient(options, ({ keys }) => keys.members(group, pageOf(options)))
      printPage(options, page, () =>
        table(
          ['ID', 'NAME', 'KIND', 'ENABLED'],
          page.principals.map(({ id, name, kind, enabled }) => [id, name, kind, String(enabled)]),
        ),
      )
    })

  addTargetOptions(groups.command('add <group> <principal>'))
    .description('Let a principal into a group.')
    .action(async (group: string, principal: string, options: TargetOptions) => {
      printGroup(options, await withClient(options, ({ keys }) => keys.addMember(group, principal)))
    })

  addTargetOptions(groups.command('remove <group> <principal>'))
    .description('Take a principal out of a group. Leases that rest on it end at once.')
    .action(async (group: string, principal: string, options: TargetOptions) => {
      await withClient(options, ({ keys }) => keys.removeMember(group, principal))
    })
}

function addFieldOptions(command: Command): Command {
  return addTargetOptions(command)
    .option('--description <text>')
    .addOption(new Option('--role <role>', 'may be repeated: what its members have').argParser(collect))
    .option('--metadata <json>', 'for whoever made it', jsonObject)
}

function fieldsOf({ description, role, metadata }: FieldOptions): GroupChanges {
  return {
    ...(description !== undefined && { description }),
    ...(role && { roles: role }),
    ...(metadata && { metadata }),
  }
}

function printGroup(options: TargetOptions, group: Group): void {
  print(options, group, () => facts({ ...group }))
}
