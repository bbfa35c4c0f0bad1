import { hash } from 'node:crypto'
import Type from 'typebox'
import { ocspError, type Publisher } from '../../core/index.js'
import { isMortiseError } from '../../errors/index.js'
import type { App, Log } from '../http/index.js'
import { ofAuthority } from './authority.js'
import { sendCached } from './cached.js'

/** Bytes of DER. */
const largestRequest = 16_384

const type = 'application/ocsp-response'
const response = { 200: { content: { [type]: { schema: Type.String({ format: 'binary' }) } } } }
const open = { tags: ['pki'], security: [], response }

/**
 * RFC 6960 appendix A and RFC 5019: whatever is wrong has a status of OCSP, and that of HTTP is 200.
 */
export function ocspRoutes(app: App, publisher: Publisher, log: Log): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: largestRequest }, (_request, body, done) =>
    done(null, body),
  )
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error)
    if (status === 'internalError')
      log.error({ err: error, request: request.id }, 'no answer about a certificate')
    return reply.code(200).type(type).send(ocspError(status))
  })

  app.post(
    '/ocsp/:authority',
    {
      schema: {
        ...open,
        params: ofAuthority,
        operationId: 'postOcsp',
        summary: 'What certificates are worth: OCSP (RFC 6960)',
      },
    },
    async ({ params, body }, reply) => {
      const { der } = await publisher.ocsp(params.authority, Buffer.isBuffer(body) ? body : Buffer.alloc(0))
      return reply.type(type).send(der)
    },
  )

  app.get(
    '/ocsp/:authority/*',
    {
      schema: {
        ...open,
        params: Type.Object({ ...ofAuthority.properties, '*': Type.String() }),
        operationId: 'getOcsp',
        summary: 'The same, with the request as base64 in the path',
      },
    },
    async (request, reply) => {
      const { authority } = request.params
      // As it was sent: a slash at the end or a plus is one of base64.
      const [path = ''] = (request.raw.url ?? '').split('?', 1)
      const answer = await publisher.ocsp(
        authority,
        path.slice(path.indexOf(authority) + authority.length + 1),
      )
      if (!answer.kept) return reply.type(type).send(answer.der)
      const { thisUpdate, nextUpdate, renewal } = answer.kept
      return sendCached(request, reply, {
        type,
        body: answer.der,
        tag: hash('sha256', answer.der),
        modified: thisUpdate,
        expires: nextUpdate,
        age: (renewal - Date.now()) / 1000,
      })
    },
  )
}

function statusOf(error: unknown): Parameters<typeof ocspError>[0] {
  if (isMortiseError(error, 'MORTISE_RATE_LIMITED')) return 'tryLater'
  const { statusCode = 500 } = error as { readonly statusCode?: number }
  return statusCode < 500 || isMortiseError(error, 'MORTISE_INPUT_INVALID')
    ? 'malformedRequest'
    : 'internalError'
}
