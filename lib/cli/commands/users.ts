import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  type LoginMethod,
  loginMethods,
  type User,
  type UserChanges,
  type UserQuery,
} from '../../core/index.js'
import { collect, jsonObject, readSecret } from '../input.js'
import { date, facts, print, table } from '../output.js'
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

interface AccountOptions extends TargetOptions {
  readonly fullName?: string
  readonly email?: string
  readonly certificateSubject?: string
  readonly method?: readonly LoginMethod[]
  readonly policy?: string
  readonly expires?: number | null
  readonly userMetadata?: Readonly<Record<string, unknown>>
  readonly appMetadata?: Readonly<Record<string, unknown>>
  readonly requirePasswordChange?: true
  /** False for --no-methods. */
  readonly methods: boolean
}

interface ListOptions extends SkipOptions {
  readonly name?: string
  readonly fullName?: string
  readonly email?: string
  readonly group?: readonly string[]
  readonly exceptGroup?: readonly string[]
  readonly method?: LoginMethod | 'none'
  readonly policy?: string
  readonly expired?: true
  readonly locked?: true
}

export function userCommands(program: Command): void {
  const users = program.command('user').description('The people and services behind principals.')

  addAccountOptions(users.command('create <name>'))
    .description('Register a user.')
    .option('--password', 'with a password, typed or from standard input')
    .action(async (name: string, options: AccountOptions & { readonly password?: true }) => {
      const password = options.password && (await readSecret('Password: '))
      const input = { name, ...changesOf(options), ...(password !== undefined && { password }) }
      print(
        options,
        await withClient(options, ({ keys }) => keys.createPrincipal(input)),
        () => `registered ${name}`,
      )
    })

  addSkipOptions(users.command('list'))
    .description('Users by what is known of them, in the order of their names.')
    .option('--name <name>', 'of the principal, whatever its case')
    .option('--full-name <name>')
    .option('--email <address>')
    .addOption(new Option('--group <group>', 'may be repeated: that it is in').argParser(collect))
    .addOption(new Option('--except-group <group>', 'may be repeated: that it is not in').argParser(collect))
    .addOption(new Option('--method <method>', 'how it may log in').choices([...loginMethods, 'none']))
    .option('--policy <name>', 'its own password policy')
    .option('--expired', 'those that have expired')
    .option('--locked', 'those that are locked')
    .action(async (options: ListOptions) => {
      const page = await withClient(options, ({ keys }) => keys.users(queryOf(options)))
      print(options, page, () =>
        table(
          ['ID', 'NAME', 'FULL NAME', 'EMAIL', 'ENABLED', 'EXPIRES', 'LAST LOGIN'],
          page.users.map((user) => [
            user.id,
            user.name,
            user.fullName,
            user.email,
            String(user.enabled),
            date(user.expires),
            date(user.lastLogin),
          ]),
        ),
      )
      mentionRest(options, page, page.users.length)
    })

  addTargetOptions(users.command('get <user>'))
    .description('Everything that is known of a user.')
    .action(async (user: string, options: TargetOptions) => {
      printUser(options, await withClient(options, ({ keys }) => keys.getUser(user)))
    })

  addAccountOptions(users.command('set <user>'))
    .description('Change what is known of a user, or how and until when it may come in.')
    .option('--name <name>', 'what it is called from now on')
    .action(async (user: string, options: AccountOptions & { readonly name?: string }) => {
      const changes = { ...changesOf(options), ...(options.name !== undefined && { name: options.name }) }
      await change(options, user, changes)
    })

  addTargetOptions(users.command('unlock <user>'))
    .description('End a lock that wrong passwords have set.')
    .action(async (user: string, options: TargetOptions) => change(options, user, { unlock: true }))

  addTargetOptions(users.command('delete <user>'))
    .description('Unregister a user for ever. Its sessions, tokens and leases end at once.')
    .option('--force', 'though it owns keys: they stay, and administrators see to them')
    .action(async (user: string, options: TargetOptions & { readonly force?: true }) => {
      await withClient(options, ({ keys }) => keys.deletePrincipal(user, { force: options.force ?? false }))
    })

  addPageOptions(users.command('identities <user>'))
    .description('Who a user is outside.')
    .action(async (user: string, options: PageOptions) => {
      const page = await withClient(options, ({ keys }) =>
        keys.identities({ ...pageOf(options), principal: user }),
      )
      printPage(options, page, () =>
        table(
          ['CONNECTION', 'SUBJECT', 'LINKED'],
          page.identities.map(({ connection, subject, linked }) => [connection, subject, date(linked)]),
        ),
      )
    })

  addTargetOptions(users.command('link <user> <connection> <subject>'))
    .description('Say that somebody outside is this user.')
    .action(async (principal: string, connection: string, subject: string, options: TargetOptions) => {
      const identity = await withClient(options, ({ keys }) =>
        keys.linkIdentity({ principal, connection, subject }),
      )
      print(options, identity, () => facts({ ...identity }))
    })

  addTargetOptions(users.command('unlink <connection> <subject>'))
    .description('Say that somebody outside is nobody here. Sessions and tokens of the user end.')
    .action(async (connection: string, subject: string, options: TargetOptions) => {
      await withClient(options, ({ keys }) => keys.unlinkIdentity({ connection, subject }))
    })
}

function addAccountOptions(command: Command): Command {
  return addTargetOptions(command)
    .option('--full-name <name>')
    .option('--email <address>')
    .option('--certificate-subject <name>', 'subject of the certificate that logs it in: CN=...,O=...')
    .addOption(
      new Option('--method <method>', 'may be repeated: how it may log in; all where none is given')
        .choices(loginMethods)
        .argParser(collect),
    )
    .option('--no-methods', 'it may not log in')
    .option('--policy <name>', 'its password policy')
    .option('--expires <date>', 'ISO 8601, or never', expiry)
    .option('--user-metadata <json>', 'that it sees and changes itself', jsonObject)
    .option('--app-metadata <json>', 'that is hidden from it', jsonObject)
    .option('--require-password-change', 'before it may do anything else')
}

async function change(options: TargetOptions, user: string, changes: UserChanges): Promise<void> {
  const principal = await withClient(options, ({ keys }) => keys.setPrincipal(user, changes))
  print(options, principal, () => facts({ ...principal }))
}

function changesOf(options: AccountOptions): UserChanges {
  const { fullName, email, certificateSubject, method, methods, policy, expires } = options
  const { userMetadata, appMetadata, requirePasswordChange } = options
  return {
    ...(fullName !== undefined && { fullName }),
    ...(email !== undefined && { email }),
    ...(certificateSubject !== undefined && { certificateSubject }),
    ...(methods ? method && { methods: method } : { methods: [] }),
    ...(policy !== undefined && { passwordPolicy: policy }),
    ...(expires !== undefined && { expires }),
    ...(userMetadata && { userMetadata }),
    ...(appMetadata && { appMetadata }),
    ...(requirePasswordChange && { passwordChangeRequired: true }),
  }
}

function queryOf(options: ListOptions): UserQuery {
  const { name, fullName, email, group, exceptGroup, method, policy, expired, locked } = options
  return {
    ...skipOf(options),
    ...(name !== undefined && { name }),
    ...(fullName !== undefined && { fullName }),
    ...(email !== undefined && { email }),
    ...(group && { groups: group }),
    ...(exceptGroup && { exceptGroups: exceptGroup }),
    ...(method && { methods: method === 'none' ? method : [method] }),
    ...(policy !== undefined && { passwordPolicy: policy }),
    ...(expired && { expired }),
    ...(locked && { locked }),
  }
}

function printUser(options: TargetOptions, user: User): void {
  const dates = Object.fromEntries(
    (
      [
        'expires',
        'created',
        'updated',
        'lastLogin',
        'lastFailedLoginAt',
        'lockedUntil',
        'passwordChangedAt',
      ] as const
    ).map((name) => [name, date(user[name])]),
  )
  print(options, user, () => facts({ ...user, ...dates }))
}

/** Milliseconds since 1970, or null for `never`. */
function expiry(text: string): number | null {
  if (text === 'never') return null
  const milliseconds = Date.parse(text)
  if (Number.isNaN(milliseconds)) throw new InvalidArgumentError('it must be a date of ISO 8601, or never')
  return milliseconds
}
