import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import Type from 'typebox'
import type { KeyManager, KeyserviceOptions, SignedRequest } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, answerWith, doorOf, type Log } from '../http/index.js'
import { connectInput } from './connect_input.js'
import { allowOrigins } from './cors.js'
import { dialectOf } from './dialect.js'
import { conditionsOf } from './etags.js'
import { Rate } from './rate.js'

export interface KeyserviceFaceOptions extends KeyserviceOptions {
  readonly keyManager: KeyManager
  readonly log: Log
  /** What stands before /init, /connect and /key: empty, or begins with a slash and ends with none. */
  readonly path: string
  /** What of it whoever signs does not see, because a proxy has put it there. */
  readonly unsignedPath: string
  /** Bytes that a user keeps at most. */
  readonly largestKey: number
  /** Whether what is refused with 401 is refused with 400, as clients of the first keyservice know it. */
  readonly legacyStatus: boolean
  /** Origins of pages that may ask. */
  readonly origins: readonly string[]
  /** In a minute; 0 for no limit. */
  readonly rates: {
    /** Of one address. */
    readonly inits: number
    /** Of one service. */
    readonly connects: number
    /** Of one key id. */
    readonly failures: number
  }
}

const face = 'keyservice'
const methods: readonly HTTPMethods[] = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']
const largestMessage = 8192
const octets = 'application/octet-stream'
const open = { tags: [face], security: [] }

/**
 * houseagency's keyservice: a secret for each user of real services, which never see it, asked for by requests that are signed with the
 * sessionist header. It translates: every route is one method of the keyservice, which looks at the signature.
 */
export async function keyserviceFace(app: App, options: KeyserviceFaceOptions): Promise<void> {
  const { path, legacyStatus, log } = options
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  const keyservice = await options.keyManager.openKeyservice(options)
  const failures = new Rate(options.rates.failures)
  const asked = { keyservice, failures, ...options }
  await app.register(async (clients: App) => {
    clients.setErrorHandler(answerWith(log, dialectOf('Invalid session.', legacyStatus)))
    const preflight = allowOrigins(clients, options.origins)
    clients.addHook('onRequest', requireExactPath)
    for (const [name, known] of [
      ['init', ['POST']],
      ['key', ['GET', 'PUT']],
    ] as const) {
      const url = `${path}/${name}`
      const allowed = [...known, ...preflight(url, known)]
      refuseOthers(clients, url, allowed)
    }
    clientRoutes(clients, asked)
  })
  await app.register(async (services: App) => {
    services.setErrorHandler(answerWith(log, dialectOf('Invalid credentials.', legacyStatus)))
    services.addHook('onRequest', requireExactPath)
    refuseOthers(services, `${path}/connect`, ['POST'])
    serviceRoutes(services, asked)
  })
}

interface Asked extends KeyserviceFaceOptions {
  readonly keyservice: Awaited<ReturnType<KeyManager['openKeyservice']>>
  readonly failures: Rate
}

function clientRoutes(app: App, { keyservice, failures, ...options }: Asked): void {
  const { path, largestKey, unsignedPath } = options
  const inits = new Rate(options.rates.inits)
  const userOf = (request: FastifyRequest, reply: FastifyReply) => {
    const signed = signedRequest(request, unsignedPath)
    return failures.watch(keyIdOf(signed), reply, () => keyservice.user(signed, doorOf(face, request)))
  }

  app.post(
    `${path}/init`,
    {
      bodyLimit: largestMessage,
      schema: {
        ...open,
        operationId: 'keyserviceInit',
        summary: 'A secret between a client and the keyservice',
        response: { 200: Type.Object({ initToken: Type.String() }) },
      },
    },
    async (request, reply) => {
      inits.take(request.ip, reply)
      return { initToken: await keyservice.init(doorOf(face, request)) }
    },
  )

  app.get(
    `${path}/key`,
    {
      schema: {
        ...open,
        operationId: 'keyserviceGet',
        summary: 'What the user keeps',
        response: { 200: { content: { [octets]: { schema: Type.String({ format: 'binary' }) } } } },
      },
    },
    async (request, reply) => {
      const { bytes, etag } = await (await userOf(request, reply)).get()
      return reply.type(octets).header('etag', etag).send(bytes)
    },
  )

  app.put(
    `${path}/key`,
    {
      bodyLimit: largestKey,
      schema: {
        ...open,
        operationId: 'keyservicePut',
        summary: 'Keep something for the user, in the place of what there was',
        response: { 200: Type.Object({}) },
      },
    },
    async (request, reply) => {
      const user = await userOf(request, reply)
      const bytes = payloadOf(request)
      if (bytes.length === 0) throw new MortiseError('MORTISE_INPUT_INVALID', 'The key is empty.')
      reply.header('etag', await user.put(bytes, conditionsOf(request)))
      return {}
    },
  )
}

function serviceRoutes(app: App, { keyservice, failures, path, unsignedPath, rates }: Asked): void {
  const connects = new Rate(rates.connects)
  app.post(
    `${path}/connect`,
    {
      bodyLimit: largestMessage,
      schema: {
        ...open,
        operationId: 'keyserviceConnect',
        summary: 'A session of a user, for a real service that vouches for it',
        response: { 200: Type.Object({ sessionToken: Type.String() }) },
      },
    },
    async (request, reply) => {
      const signed = signedRequest(request, unsignedPath)
      const service = await failures.watch(keyIdOf(signed), reply, () =>
        keyservice.service(signed, doorOf(face, request)),
      )
      connects.take(service.keyId, reply)
      return { sessionToken: await service.connect(connectInput(signed.payload)) }
    },
  )
}

/**
 * What is signed has nothing between path and body, so that a part of one could be taken for a part of the other: each path is that
 * one, to the letter.
 */
function requireExactPath(
  { raw, routeOptions }: FastifyRequest,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const { url = '' } = raw
  if (url === routeOptions.url) done()
  else if (url.startsWith(`${routeOptions.url}?`))
    done(new MortiseError('MORTISE_INPUT_INVALID', 'Unknown data in the query.'))
  else done(new MortiseError('MORTISE_ROUTE_NOT_FOUND', 'Not Found.'))
}

function refuseOthers(app: App, url: string, allowed: readonly string[]): void {
  app.route({
    method: methods.filter((method) => !allowed.includes(method)),
    url,
    schema: { hide: true },
    async handler(_request, reply) {
      reply.header('allow', allowed.join(', '))
      throw new MortiseError('MORTISE_METHOD_NOT_ALLOWED', 'Method Not Allowed')
    },
  })
}

function signedRequest(request: FastifyRequest, unsignedPath: string): SignedRequest {
  const { url = '', method = '' } = request.raw
  const { authorization, date, 'x-date': instead } = request.headers
  return {
    authorization,
    // A browser does not let its pages set the one.
    date: date ?? (typeof instead === 'string' ? instead : undefined),
    method,
    path: url.startsWith(unsignedPath) ? url.slice(unsignedPath.length) : url,
    payload: payloadOf(request),
  }
}

function payloadOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0)
}

/** Whoever it says it is. */
function keyIdOf({ authorization = '' }: SignedRequest): string {
  return /keyid=([^,=]*)/.exec(authorization)?.[1] ?? ''
}
