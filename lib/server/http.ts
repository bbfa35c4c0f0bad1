import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import helmet from '@fastify/helmet'
import { type FastifyBaseLogger, type FastifyServerOptions, fastify, LogController } from 'fastify'
import type { KeyManager } from '../core/index.js'
import { MortiseError } from '../errors/index.js'
import { adminFace } from '../faces/admin/index.js'
import { type App, answer, clientError, installProblems } from '../faces/http/index.js'
import { developmentOnly } from './development.js'
import { healthRoutes } from './health.js'
import { limitRates } from './limits.js'
import { metricsRoute } from './metrics.js'
import { documentRoutes } from './openapi.js'
import type { Settings } from './schema.js'

const second = 1000
/** For answers that nobody should show as a page. */
const contentSecurityPolicy = "default-src 'none';frame-ancestors 'none'"
/** A name of 255 characters, percent-encoded: at most 4 bytes each, 3 characters a byte. */
const longestParameter = 255 * 4 * 3

/** The HTTP server with every face that is switched on, not yet listening. */
export async function buildServer(
  keyManager: KeyManager,
  settings: Settings,
  log: FastifyBaseLogger,
): Promise<App> {
  const app = fastify(serverOptions(settings, log)) as unknown as App
  app.removeContentTypeParser('text/plain')
  app.decorateRequest('session')
  installProblems(app)
  await app.register(helmet, {
    // Set below: helmet composes it anew for each answer.
    contentSecurityPolicy: false,
    strictTransportSecurity: settings.tls.certificate !== undefined,
    // The others are about pages, and there are none.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    referrerPolicy: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xFrameOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    reply.header('cache-control', 'no-store')
    reply.header('content-security-policy', contentSecurityPolicy)
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
  if (settings.login === 'none') developmentOnly(app)
  await limitRates(app, settings)
  await documentRoutes(app)
  metricsRoute(app, keyManager)
  healthRoutes(app, keyManager)
  if (settings.faces.admin) {
    await app.register(adminFace, { prefix: '/admin/v1', keyManager, login: settings.login })
  }
  return app
}

function serverOptions({ http, tls, limits }: Settings, log: FastifyBaseLogger) {
  return {
    loggerInstance: log,
    // Requests are logged by the hook above, with their id: fastify need not make a logger for each.
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (logger: FastifyBaseLogger) => logger,
    ...(tls.certificate !== undefined &&
      tls.key !== undefined && {
        https: { cert: readPem(tls.certificate), key: readPem(tls.key), minVersion: 'TLSv1.2' as const },
      }),
    trustProxy: http.trustedProxies.length > 0 ? [...http.trustedProxies] : false,
    bodyLimit: limits.body,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: longestParameter },
    // Bodies are taken as they are: nothing is coerced, and a field that means nothing is an error.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    requestIdHeader: false as const,
    genReqId: requestId,
    http: { headersTimeout: 10 * second, connectionsCheckingInterval: second },
    requestTimeout: 30 * second,
    keepAliveTimeout: 72 * second,
    forceCloseConnections: 'idle' as const,
    clientErrorHandler: clientError,
    frameworkErrors: answer as NonNullable<FastifyServerOptions['frameworkErrors']>,
  }
}

/** The caller's, when it is one that can be logged and searched for without harm. */
function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new MortiseError('MORTISE_SERVER_REFUSED', `${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    })
  }
}
