import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { type FastifyServerOptions, fastify } from 'fastify'
import type { Logger } from 'pino'
import type { KeyManager } from '../core/index.js'
import { adminFace } from '../faces/admin/index.js'
import { ciphertrustFace } from '../faces/ciphertrust/index.js'
import { cosmianFace } from '../faces/cosmian/index.js'
import { gatewayFace } from '../faces/gateway/index.js'
import { type App, answerWith, clientError, installProblems } from '../faces/http/index.js'
import { keymanagerFace } from '../faces/keymanager/index.js'
import { keyserviceFace } from '../faces/keyservice/index.js'
import { type Engine, kmipFace } from '../faces/kmip/index.js'
import { oauthFace } from '../faces/oauth/index.js'
import { pkiFace } from '../faces/pki/index.js'
import { developmentOnly } from './development.js'
import { warnOfExpiry } from './expiry.js'
import { answerHeaders } from './headers.js'
import { healthRoutes } from './health.js'
import { keyserviceOptions } from './keyservice.js'
import { kmipEngine } from './kmip_engine.js'
import { onlyKmipThere } from './kmip_listener.js'
import { closeLapsed } from './lapsed_clients.js'
import { limitFailures, limitRequests } from './limits.js'
import { countRequests, metricsRoute } from './metrics.js'
import { oauthSettings } from './oauth.js'
import { documentRoutes } from './openapi.js'
import { RequestTimes } from './request_times.js'
import type { Settings } from './schema.js'
import { forClientCertificates, type ServerTls } from './tls.js'
import { urlOf } from './url.js'
import { packageVersion } from './version.js'

const second = 1000
/** Milliseconds until a request must be there whole. */
export const longestRequest = 30 * second
/** A name of 255 characters, percent-encoded: at most 4 bytes each, 3 characters a byte. */
const longestParameter = 255 * 4 * 3

/** What listeners of one server have in common. */
interface Shared {
  /** What they show of themselves; without it HTTP is plain. */
  readonly tls?: ServerTls | undefined
  readonly times?: RequestTimes
  /** Counts failed logins and requests, whichever way they come, and keeps data that comes in parts. */
  readonly engine?: Engine
}

/**
 * The HTTP server with every face that is switched on, not yet listening.
 *
 * @param shared what it has in common with other listeners
 */
export async function buildServer(
  keyManager: KeyManager,
  settings: Settings,
  log: Logger,
  { tls, times = new RequestTimes(), engine }: Shared = {},
): Promise<App> {
  const app = newApp(serverOptions(settings, log, tls), settings, log, times)
  tls?.follow(app.server as HttpsServer, contextOptions(settings))
  if (settings.login === 'none') developmentOnly(app)
  if (settings.tls.clientCertificates) {
    const stopLooking = closeLapsed(app.server, keyManager)
    app.addHook('onClose', async () => stopLooking())
  }
  if (settings.kmip.host !== undefined) onlyKmipThere(app)
  await limitFailures(app, settings)
  await documentRoutes(app)
  metricsRoute(app, keyManager, times, tls)
  healthRoutes(app, keyManager)
  warnOfExpiry(app, keyManager, tls, log)
  const entrance = { keyManager, login: settings.login, admitted: limitRequests(settings) }
  if (settings.faces.admin) await app.register(adminFace, { prefix: '/admin/v1', ...entrance })
  if (settings.faces.ciphertrust) {
    await app.register(ciphertrustFace, { prefix: '/api/v1', ...entrance, log, version: packageVersion })
  }
  if (settings.faces.cosmian) await app.register(cosmianFace, { ...entrance, log, version: packageVersion })
  if (settings.faces.keyservice)
    await app.register(keyserviceFace, keyserviceOptions(keyManager, settings, log))
  if (settings.faces.keymanager) {
    const { prefix, anyPayload, zkPartners, uinSalt, partnerSalt } = settings.keymanager
    const tokenSalts = uinSalt && partnerSalt ? { uin: uinSalt, partner: partnerSalt } : undefined
    await app.register(keymanagerFace, { prefix, ...entrance, log, anyPayload, zkPartners, tokenSalts })
  }
  if (settings.faces.kmip) {
    await app.register(kmipFace, {
      engine: engine ?? kmipEngine(keyManager, settings, log),
      ...{ login: settings.login, largestMessage: settings.limits.body, cosmian4: settings.kmip.cosmian4 },
    })
  }
  if (settings.faces.oauth) {
    const { realm, origin, assertion } = oauthSettings(settings)
    const { passwordGrant } = settings.oauth
    await app.register(oauthFace, {
      ...{ keyManager, log, realm, passwordGrant },
      origin: () => origin ?? urlOf(app),
    })
    await app.register(gatewayFace, { ...entrance, log, assertion })
  }
  if (settings.faces.pki) await app.register(pkiFace, { keyManager, log })
  return app
}

/** What is served to everybody, over plain HTTP: who checks the certificate of a TLS server cannot ask over TLS about it. */
export async function buildPublicServer(
  keyManager: KeyManager,
  settings: Settings,
  log: Logger,
  times: RequestTimes,
): Promise<App> {
  const app = newApp(serverOptions(settings, log), settings, log, times)
  await app.register(pkiFace, { keyManager, log })
  return app
}

function newApp(options: FastifyServerOptions, settings: Settings, log: Logger, times: RequestTimes): App {
  const app = fastify(options) as unknown as App
  app.removeContentTypeParser('text/plain')
  app.decorateRequest('session')
  app.decorateRequest('began', 0)
  installProblems(app, log)
  const headers = answerHeaders('https' in options)
  app.addHook('onRequest', (request, reply, done) => {
    request.began = performance.now()
    reply.headers(headers).header('x-request-id', request.id)
    done()
  })
  if (settings.log.level === 'debug') {
    app.addHook('onResponse', (request, reply, done) => {
      const { method, url, id } = request
      log.debug(
        { request: id, method, url, status: reply.statusCode, milliseconds: reply.elapsedTime },
        'request',
      )
      done()
    })
  }
  countRequests(app, times)
  endSilentConnections(app)
  return app
}

/** Node takes connections that have not asked for anything yet for busy, and so would wait for them when it stops. */
function endSilentConnections(app: App): void {
  const silent = new Set<Socket>()
  app.server.on('setSecureContext' in app.server ? 'secureConnection' : 'connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  app.server.on('request', ({ socket }: IncomingMessage) => silent.delete(socket))
  app.addHook('preClose', async () => {
    for (const socket of silent) socket.destroy()
  })
}

function contextOptions({ tls }: Settings): SecureContextOptions {
  return tls.clientCertificates ? forClientCertificates : {}
}

function serverOptions(settings: Settings, log: Logger, tls?: ServerTls) {
  const { http, limits } = settings
  return {
    ...(tls && {
      https: {
        ...tls.options,
        ...contextOptions(settings),
        ...(settings.tls.clientCertificates && { requestCert: true, rejectUnauthorized: false }),
      },
    }),
    trustProxy: http.trustedProxies.length > 0 ? [...http.trustedProxies] : false,
    bodyLimit: limits.body,
    exposeHeadRoutes: false,
    // Clients of some faces write collections with a slash at the end, and follow a redirection with another method.
    routerOptions: {
      maxParamLength: longestParameter,
      ignoreTrailingSlash: true,
      // OpenSPP joins a base URL, which may end with a slash, to a path.
      ignoreDuplicateSlashes: settings.faces.keymanager,
    },
    // Bodies are taken as they are: nothing is coerced, and a field that means nothing is an error.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true } },
    requestIdHeader: false as const,
    genReqId: requestId,
    http: { headersTimeout: 10 * second, connectionsCheckingInterval: second },
    requestTimeout: longestRequest,
    keepAliveTimeout: 72 * second,
    forceCloseConnections: 'idle' as const,
    clientErrorHandler: clientError,
    frameworkErrors: answerWith(log) as NonNullable<FastifyServerOptions['frameworkErrors']>,
  }
}

/** A random part for this process, then a number: cheaper than random texts, and the requests of a process sort. */
const processId = randomBytes(9).toString('base64url')
let requests = 0

/** The caller's, when it is one that can be logged and searched for without harm. */
function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : `${processId}.${++requests}`
}
