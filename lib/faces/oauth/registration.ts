import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type {
  ClientFields,
  KeyManager,
  OAuthClient,
  OwnClientFields,
  Session,
  ShownSecret,
} from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, bearer, doorOf } from '../http/index.js'
import { callerOf } from './callers.js'
import { fieldsOf, type Metadata, metadataOf, textIn, withoutNothing } from './client_metadata.js'
import { invalidRequest, refusal } from './errors.js'
import { type Issuer, registries } from './issuer.js'

/** What only an answer says, so that nobody asks for it (RFC 7592 section 2.2). */
const ofAnswers = ['registration_access_token', 'registration_client_uri', 'client_id_issued_at']

const text = Type.Optional(Type.String())
const params = Type.Object({ client: text, secret: text })
const query = Type.Object({ client_id: text, applicationOwner: text })

/** Somebody at the registry: an administrator, or a client by the token for its own registration. */
interface Registrar {
  readonly session: Session
  readonly client: string
  /** The token, of a client. */
  readonly own: string | undefined
}

type Asking = FastifyRequest<{
  Params: { client?: string; secret?: string }
  Querystring: { client_id?: string; applicationOwner?: string }
}>

/** RFC 7591 and RFC 7592: clients are registered, changed and unregistered, with what WSO2's gateways ask for besides. */
export function registrationRoutes(app: App, keyManager: KeyManager, issuer: Issuer): void {
  takeJson(app)
  const registrar = (request: FastifyRequest) => registrarOf(keyManager, request as Asking)
  const at = ([first]: readonly [string, ...string[]], hide: boolean) => {
    const uriOf = ({ name }: OAuthClient) => `${issuer.origin()}${first}/${encodeURIComponent(name)}`
    const one = `${first}/:client`

    /** A client as an administrator sees it, with its newest secret; as it sees itself, without. */
    const shown = async ({ session, own }: Registrar, client: OAuthClient) => {
      const [newest] = own === undefined ? await session.clientSecrets(client.id) : client.secrets
      return {
        ...metadataOf(client),
        ...(newest && { ...textOf(newest), client_secret_expires_at: secondsOf(newest.expires) }),
        ...(own !== undefined && { registration_access_token: own }),
        registration_client_uri: uriOf(client),
      }
    }
    const renewed = async (request: FastifyRequest) => {
      const { session, client } = await administratorOf(registrar(request))
      const made = await session.rotateClientSecret(client)
      return {
        ...metadataOf(made.client),
        client_secret: made.secret.text,
        client_secret_expires_at: 0,
        registration_client_uri: uriOf(made.client),
      }
    }
    const change = async (request: FastifyRequest, merged: boolean) => {
      const asked = await registrar(request)
      const { session, own, client } = asked
      const given = withoutNothing(request.body)
      const before = await readBy(asked)
      const secrets = own === undefined ? await session.clientSecrets(before.id) : []
      requireItself(given, before, secrets, own !== undefined && !merged)
      const fields = fieldsOf(merged ? { ...metadataOf(before), ...given } : given)
      const changed =
        own === undefined
          ? await session.setClient(client, fields)
          : await session.setOwnClient(ownOf(fields))
      return shown(asked, changed)
    }

    app.post(
      first,
      { schema: schemaOf(hide, 'oauthRegister', 'Register a client (RFC 7591)') },
      async (request, reply) => {
        const session = await callerOf(keyManager, request)
        const given = withoutNothing(request.body)
        const secret = textIn(given, 'ext_param_client_secret')
        const made = await session.createClient({
          name: newName(textIn(given, 'ext_param_client_id')),
          ...fieldsOf(given),
          ...(secret !== undefined && { secret }),
          ...{ showsSecrets: true, registers: true },
        })
        const uri = uriOf(made.client)
        reply.header('location', uri)
        return reply.code(201).send({
          ...metadataOf(made.client),
          client_secret: made.secret.text,
          client_secret_expires_at: 0,
          registration_access_token: made.registrationToken,
          registration_client_uri: uri,
        })
      },
    )

    for (const url of [one, first]) {
      const hidden = hide || url === first
      app.get(
        url,
        { schema: schemaOf(hidden, 'oauthReadClient', 'A client (RFC 7592); its secret to administrators') },
        async (request) => {
          const asked = await registrar(request)
          return shown(asked, await readBy(asked))
        },
      )
      app.put(
        url,
        { schema: schemaOf(hidden, 'oauthReplaceClient', 'Replace what a client was registered with') },
        (request) => change(request, false),
      )
      app.patch(
        url,
        { schema: schemaOf(hidden, 'oauthChangeClient', 'Change some of what a client was registered with') },
        (request) => change(request, true),
      )
      app.delete(
        url,
        { schema: schemaOf(hidden, 'oauthUnregister', 'Unregister a client; its tokens end at once') },
        async (request, reply) => {
          const asked = await registrar(request)
          if (asked.own !== undefined) await asked.session.deleteOwnClient()
          else await asked.session.deletePrincipal((await readBy(asked)).id)
          return nothing(reply)
        },
      )
    }

    app.post(
      `${one}/change-owner`,
      { schema: schemaOf(hide, 'oauthChangeOwner', 'Say whose application it is') },
      async (request) => {
        const asked = await administratorOf(registrar(request))
        const { applicationOwner: owner } = (request as Asking).query
        if (!owner) throw invalidRequest('applicationOwner is missing')
        return shown(asked, await asked.session.setClient(asked.client, { owner }))
      },
    )

    for (const [method, path] of [
      ['POST', 'regenerate-consumer-secret'],
      ['POST', 'rotate-secret'],
      ['PUT', 'lifecycle/newSecret'],
    ] as const) {
      app.route({
        method,
        url: `${one}/${path}`,
        schema: schemaOf(
          hide || path !== 'rotate-secret',
          'oauthRotateSecret',
          'Another secret; those of before end at once',
        ),
        handler: renewed,
      })
    }

    app.post(
      `${one}/generate-secret`,
      { schema: schemaOf(hide, 'oauthAddSecret', 'A further secret') },
      async (request, reply) => {
        const { session, client } = await administratorOf(registrar(request))
        const given = withoutNothing(request.body)
        const { secret } = await session.rotateClientSecret(client, {
          overlap: null,
          lifetime: lifetimeOf(given),
          label: textIn(given, 'description') ?? '',
        })
        return reply.code(201).send(secretOf(secret))
      },
    )
    app.get(
      `${one}/secrets`,
      { schema: schemaOf(hide, 'oauthSecrets', 'The secrets of a client that are accepted') },
      async (request) => {
        const { session, client } = await administratorOf(registrar(request))
        const list = (await session.clientSecrets(client)).map(secretOf)
        return { count: list.length, list }
      },
    )
    app.get(
      `${one}/secrets/:secret`,
      { schema: schemaOf(hide, 'oauthSecret', 'One of them') },
      async (request) => {
        const { session, client } = await administratorOf(registrar(request))
        const { secret: id } = (request as Asking).params
        const found = (await session.clientSecrets(client)).find((secret) => secret.id === id)
        if (!found) throw new MortiseError('MORTISE_TOKEN_NOT_FOUND', 'the client has no such secret')
        return secretOf(found)
      },
    )
    app.delete(
      `${one}/secrets/:secret`,
      { schema: schemaOf(hide, 'oauthRemoveSecret', 'End one of them, with the tokens got with it') },
      async (request, reply) => {
        const { session, client } = await administratorOf(registrar(request))
        await session.removeClientSecret(client, (request as Asking).params.secret ?? '')
        return nothing(reply)
      },
    )
  }
  registries(issuer).forEach((path, i) => {
    at([path], i > 0)
  })
}

/** A body that is empty says nothing, whatever it calls itself. */
function takeJson(app: App): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : JSON.parse(body as string))
    } catch {
      // What the parser says quotes the body, which may hold secrets.
      done(invalidRequest('the body is not valid JSON'))
    }
  })
}

function schemaOf(hide: boolean, operationId: string, summary: string) {
  return { tags: ['oauth'], hide, operationId, summary, params, querystring: query }
}

/** @throws MORTISE_AUTH_REQUIRED */
async function registrarOf(keyManager: KeyManager, request: Asking): Promise<Registrar> {
  const client = request.params.client ?? request.query.client_id
  if (client === undefined) throw invalidRequest('client_id is missing')
  const token = bearer(request)
  if (!token?.startsWith('mrg_'))
    return { session: await callerOf(keyManager, request), client, own: undefined }
  const session = await keyManager.authenticateRegistration(client, token, doorOf('oauth', request))
  return { session, client, own: token }
}

/** @throws MORTISE_ACCESS_DENIED for a client that manages itself */
async function administratorOf(asked: Promise<Registrar>): Promise<Registrar> {
  const registrar = await asked
  if (registrar.own === undefined) return registrar
  throw new MortiseError(
    'MORTISE_ACCESS_DENIED',
    'this takes an administrator: a client does not do it for itself',
  )
}

function readBy({ session, client, own }: Registrar): Promise<OAuthClient> {
  return own === undefined ? session.getClient(client) : session.getOwnClient()
}

/**
 * RFC 7592 section 2.2: a client says which one it is, repeats its secret or leaves it out, and asks for nothing that only answers say.
 * Administrators may send back what they were told. One of WSO2's clients writes the secret into client_id.
 */
function requireItself(
  given: Metadata,
  { name }: OAuthClient,
  secrets: readonly ShownSecret[],
  strict: boolean,
): void {
  const isSecret = (value: unknown) => secrets.some(({ text: one }) => one !== undefined && one === value)
  const { client_id: id, client_secret: secret } = given
  if (strict && id === undefined) throw invalidRequest('client_id is missing')
  if (id !== undefined && id !== name && !isSecret(id))
    throw refusal('invalid_client_metadata', 'client_id is not that of the address')
  if (secret !== undefined && !isSecret(secret))
    throw refusal('invalid_client_metadata', 'client_secret is not that of the client: leave it out')
  const said = strict ? ofAnswers.find((member) => given[member] !== undefined) : undefined
  if (said !== undefined) throw invalidRequest(`${said} is not asked for: leave it out`)
}

/** Whose it is, and how long its tokens live, a client does not say of itself. */
function ownOf(fields: ClientFields): OwnClientFields {
  const { authentication, grants, tokenFormat, scopes, redirectUris, displayName, metadata } = fields
  return {
    authentication,
    grants,
    tokenFormat,
    scopes,
    redirectUris,
    displayName,
    metadata,
  } as OwnClientFields
}

/** @throws MORTISE_INPUT_INVALID */
function newName(preset: string | undefined): string {
  if (preset === undefined) return randomBytes(16).toString('base64url')
  if (/^[\w-]{1,255}$/.test(preset)) return preset
  throw refusal('invalid_client_metadata', 'a client_id is made of letters, digits, - and _')
}

/** Milliseconds, or null for ever. @throws MORTISE_INPUT_INVALID */
function lifetimeOf({ expires_in: seconds }: Metadata): number | null {
  if (seconds === undefined || seconds === 0) return null
  if (typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0)
    return Math.floor(seconds * 1000)
  throw refusal('invalid_client_metadata', 'expires_in is a number of seconds')
}

function secretOf(secret: ShownSecret) {
  return {
    id: secret.id,
    description: secret.label ?? '',
    ...textOf(secret),
    client_secret_expires_at: secondsOf(secret.expires),
  }
}

function textOf({ text: secret }: ShownSecret) {
  return secret === undefined ? {} : { client_secret: secret }
}

/** 0: never (RFC 7591 section 3.2.1). */
function secondsOf(expires: number | null): number {
  return expires === null ? 0 : Math.floor(expires / 1000)
}

function nothing(reply: FastifyReply): FastifyReply {
  return reply.code(204).send()
}
