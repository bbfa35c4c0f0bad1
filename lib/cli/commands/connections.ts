import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Connection, ConnectionChanges, NewConnection } from '../../core/index.js'
import { readSecret } from '../input.js'
import { facts, print, table } from '../output.js'
import { addPageOptions, type PageOptions, pageOf, printPage } from '../paging.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

type Pairs = Readonly<Record<string, string>>

interface FieldOptions extends TargetOptions {
  readonly description?: string
  readonly setting?: Readonly<Record<string, unknown>>
  readonly map?: Pairs
  readonly registers?: boolean
  readonly secret?: true
}

export function connectionCommands(program: Command): void {
  const connections = program.command('connection').description('Where people prove who they are.')

  addPageOptions(connections.command('list'))
    .description('The connections that there are.')
    .action(async (options: PageOptions) => {
      const page = await withClient(options, ({ keys }) => keys.connections(pageOf(options)))
      printPage(options, page, () =>
        table(
          ['NAME', 'KIND', 'FROM', 'ENABLED', 'REGISTERS', 'DESCRIPTION'],
          page.connections.map(({ name, kind, origin, enabled, registers, description }) => [
            name,
            kind,
            origin,
            String(enabled),
            String(registers),
            description,
          ]),
        ),
      )
    })

  addTargetOptions(connections.command('get <connection>'))
    .description('One connection with its settings; never its secret.')
    .action(async (connection: string, options: TargetOptions) => {
      printConnection(options, await withClient(options, ({ keys }) => keys.getConnection(connection)))
    })

  addFieldOptions(connections.command('create <name>'))
    .description('Make a connection. Only an administrator may.')
    .addOption(new Option('--kind <kind>').choices(['oidc', 'ldap', 'certificate']).makeOptionMandatory())
    .action(async (name: string, options: FieldOptions & Pick<NewConnection, 'kind'>) => {
      const changes = await changesOf(options)
      const input = { settings: {}, ...changes, name, kind: options.kind }
      printConnection(options, await withClient(options, ({ keys }) => keys.createConnection(input)))
    })

  addFieldOptions(connections.command('set <connection>'))
    .description('Change a connection. Where it is disabled, the sessions of whoever came in through it end.')
    .option('--enable')
    .addOption(new Option('--disable').conflicts('enable'))
    .action(
      async (
        connection: string,
        options: FieldOptions & { readonly enable?: true; readonly disable?: true },
      ) => {
        const changes = {
          ...(await changesOf(options)),
          ...(options.enable && { enabled: true }),
          ...(options.disable && { enabled: false }),
        }
        printConnection(
          options,
          await withClient(options, ({ keys }) => keys.setConnection(connection, changes)),
        )
      },
    )

  addTargetOptions(connections.command('test <connection>'))
    .description(
      'Ask the other end of a connection for what a login would need of it; exit code 1 if it does not say.',
    )
    .action(async (connection: string, options: TargetOptions) => {
      const test = await withClient(options, ({ keys }) => keys.testConnection(connection))
      print(options, test, () => facts({ works: test.works, failure: test.failure, ...test.facts }))
      if (!test.works) process.exitCode = 1
    })

  addTargetOptions(connections.command('delete <connection>'))
    .description('Delete a connection that nobody is linked through.')
    .option(
      '--force',
      'though people are: they are unlinked and stay registered, and their sessions through it end',
    )
    .action(async (connection: string, options: TargetOptions & { readonly force?: true }) => {
      await withClient(options, ({ keys }) =>
        keys.deleteConnection(connection, { force: options.force ?? false }),
      )
    })
}

function addFieldOptions(command: Command): Command {
  return addTargetOptions(command)
    .option('--description <text>')
    .option('--setting <name=value>', 'may be repeated: a setting of the kind, as JSON or text', setting)
    .option(
      '--map <outside=group>',
      'may be repeated: a group here by its name outside; replaces all',
      mapping,
    )
    .option('--registers', 'whoever is proved for the first time is registered')
    .option('--no-registers', 'nobody is registered by a login')
    .option('--secret', 'with a password for the other end, typed or from standard input')
}

async function changesOf(options: FieldOptions): Promise<ConnectionChanges> {
  const { description, setting: settings, map, registers } = options
  return {
    ...(description !== undefined && { description }),
    ...(settings && { settings }),
    ...(map && { groups: map }),
    ...(registers !== undefined && { registers }),
    ...(options.secret && { secret: await readSecret('Secret: ') }),
  }
}

function setting(
  text: string,
  before: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const [name, value] = pair(text)
  try {
    return { ...before, [name]: JSON.parse(value) }
  } catch {
    return { ...before, [name]: value }
  }
}

function mapping(text: string, before: Pairs = {}): Pairs {
  // Names outside may have the sign in them, as those of LDAP do: the last one counts.
  const at = text.lastIndexOf('=')
  if (at < 1) throw new InvalidArgumentError('it must be OUTSIDE=GROUP')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

function pair(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('it must be NAME=VALUE')
  return [text.slice(0, at), text.slice(at + 1)]
}

function printConnection(options: TargetOptions, connection: Connection): void {
  print(options, connection, () => facts({ ...connection }))
}
