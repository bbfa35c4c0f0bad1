import { type Command, Option } from 'commander'
import {
  type ClientAuthentication,
  clientAuthentications,
  type NewOAuthClient,
  type OAuthGrant,
  oauthGrants,
  type TokenAlgorithm,
  type TokenFormat,
  tokenAlgorithms,
  tokenFormats,
} from '../../core/index.js'
import { collect, wholeNumber } from '../input.js'
import { date, facts, print, table } from '../output.js'
import { addPageOptions, type PageOptions, pageOf, printPage } from '../paging.js'
import { addTargetOptions, type TargetOptions, withClient } from '../target.js'

const hour = 60 * 60 * 1000

interface AddOptions extends TargetOptions {
  readonly role?: readonly string[]
  readonly group?: readonly string[]
  readonly authentication?: readonly ClientAuthentication[]
  readonly tokenLifetime?: number
  readonly audience?: string
  readonly grant?: readonly OAuthGrant[]
  readonly scope?: readonly string[]
  readonly tokenFormat?: TokenFormat
  readonly algorithm?: TokenAlgorithm
  readonly resource?: readonly string[]
}

interface RemoveOptions extends TargetOptions {
  readonly force?: true
}

export function clientCommands(program: Command): void {
  const clients = program
    .command('client')
    .description('Register and govern OAuth clients, which get access tokens with a secret.')

  addTargetOptions(clients.command('add <name>'))
    .description('Register a client; <name> is its client_id. Its secret is printed once.')
    .addOption(new Option('--role <role>', 'may be repeated: name of a role').argParser(collect))
    .addOption(new Option('--group <group>', 'may be repeated: id or name of a group').argParser(collect))
    .addOption(
      new Option(
        '--authentication <method>',
        'may be repeated: client_secret_basic, client_secret_post; default both',
      )
        .choices(clientAuthentications)
        .argParser(collect),
    )
    .option('--token-lifetime <seconds>', 'of its access tokens: 60 to 86,400; default 900', wholeNumber)
    .option('--audience <audience>', 'aud of its access tokens; default the issuer')
    .addOption(
      new Option('--grant <grant>', 'may be repeated: how it may get tokens; default client_credentials')
        .choices(oauthGrants)
        .argParser(collect),
    )
    .addOption(
      new Option('--scope <scope>', 'may be repeated: what it may ask for beside default').argParser(collect),
    )
    .addOption(
      new Option('--resource <audience>', 'may be repeated: what else it may ask tokens for').argParser(
        collect,
      ),
    )
    .addOption(new Option('--algorithm <name>', 'of its JWTs; default RS256').choices(tokenAlgorithms))
    .addOption(
      new Option('--token-format <format>', 'of its access tokens; default jwt').choices(tokenFormats),
    )
    .action(async (name: string, options: AddOptions) => {
      const {
        role,
        group = [],
        authentication,
        tokenLifetime,
        audience,
        grant,
        scope,
        tokenFormat,
        algorithm,
        resource,
      } = options
      const input = {
        name,
        ...(role && { roles: role }),
        ...(authentication && { authentication }),
        ...(tokenLifetime !== undefined && { tokenLifetime }),
        ...(audience !== undefined && { audience }),
        ...(grant && { grants: grant }),
        ...(scope && { scopes: scope }),
        ...(tokenFormat && { tokenFormat }),
        ...(algorithm && { algorithm }),
        ...(resource && { audiences: resource }),
      }
      const made = await withClient(options, async ({ keys }) => {
        const answer = await keys.createClient(input)
        for (const one of group) await keys.addMember(one, answer.client.id)
        return answer
      })
      printSecret(options, made)
    })

  addPageOptions(clients.command('list'))
    .description('Which principals are OAuth clients.')
    .action(async (options: PageOptions) => {
      const page = await withClient(options, ({ keys }) => keys.clients(pageOf(options)))
      printPage(options, page, () =>
        table(
          ['ID', 'NAME', 'ROLES', 'SECRETS', 'ENABLED'],
          page.clients.map(({ id, name, roles, secrets, enabled }) => [
            id,
            name,
            roles.join(', '),
            String(secrets.length),
            String(enabled),
          ]),
        ),
      )
    })

  addTargetOptions(clients.command('show <client>'))
    .description('A client, and when its secrets were made and end.')
    .action(async (client: string, options: TargetOptions) => {
      const shown = await withClient(options, ({ keys }) => keys.getClient(client))
      const { secrets, ...rest } = shown
      print(
        options,
        shown,
        () =>
          `${facts({ ...rest })}\n\n${table(
            ['SECRET', 'CREATED', 'EXPIRES'],
            secrets.map(({ id, created, expires }) => [id, date(created), date(expires)]),
          )}`,
      )
    })

  addTargetOptions(clients.command('rotate-secret <client>'))
    .description(
      'Another secret, printed once. Those of before end at once, with the access tokens got with them.',
    )
    .option('--overlap-hours <number>', 'hours that those of before are still accepted', wholeNumber)
    .action(async (client: string, options: TargetOptions & { readonly overlapHours?: number }) => {
      const { overlapHours = 0 } = options
      const overlap = overlapHours * hour
      printSecret(
        options,
        await withClient(options, ({ keys }) => keys.rotateClientSecret(client, { overlap })),
      )
    })

  for (const [name, enabled, description] of [
    ['enable', true, 'Let a client in again; it gets new tokens.'],
    ['disable', false, 'Refuse a client everywhere. Its tokens end at once.'],
  ] as const) {
    addTargetOptions(clients.command(`${name} <client>`))
      .description(description)
      .action(async (client: string, options: TargetOptions) => {
        await withClient(options, async ({ keys }) => {
          const { id } = await keys.getClient(client)
          await keys.setPrincipal(id, { enabled })
        })
      })
  }

  addTargetOptions(clients.command('remove <client>'))
    .description('Unregister a client for ever. Its tokens end at once.')
    .option('--force', 'though it owns keys, which stay')
    .action(async (client: string, { force, ...options }: RemoveOptions) => {
      await withClient(options, async ({ keys }) => {
        const { id } = await keys.getClient(client)
        await keys.deletePrincipal(id, { force: force === true })
      })
    })

  addTargetOptions(clients.command('renew-key'))
    .description('Sign access tokens with another key; this one goes on verifying those that it has signed.')
    .addOption(new Option('--algorithm <name>', 'whose key; default RS256').choices(tokenAlgorithms))
    .action(async ({ algorithm, ...options }: TargetOptions & { readonly algorithm?: TokenAlgorithm }) => {
      const renewed = await withClient(options, ({ keys }) => keys.renewTokenKey(algorithm))
      print(options, renewed, () => renewed.kid)
    })
}

function printSecret(options: TargetOptions, made: NewOAuthClient): void {
  const { client, secret } = made
  print(options, made, () => facts({ client_id: client.name, client_secret: secret.text }))
}
