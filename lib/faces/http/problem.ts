import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger, FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { type ErrorDetails, isMortiseError, MortiseError } from '../../errors/index.js'
import type { App } from './types.js'

const mediaType = 'application/problem+json'

/** Problem details of RFC 9457, with Mortise's code and the id that finds the request in the log and the audit trail. */
export const problemSchema = Type.Object(
  {
    type: Type.String({ description: 'about:blank: the code says more than a type would' }),
    title: Type.String({ description: 'The phrase of the HTTP status' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'What is wrong and what to do' }),
    code: Type.String({ description: 'Stable; docs/errors.md explains each' }),
    request: Type.String({ description: 'Id of the request' }),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { $id: 'Problem', description: 'RFC 9457' },
)

export type Log = Pick<FastifyBaseLogger, 'error' | 'info'>

/** What is wrong with a request, before a face says it in its dialect. */
export interface Fault {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly details: ErrorDetails
  /** Whether the body could not even be read. */
  readonly malformed?: true
}

/** How a face says what is wrong. */
export interface Dialect {
  readonly mediaType: string
  /** How to authenticate: the header WWW-Authenticate. Default Bearer. */
  readonly challenge?: string
  /** Where it has another than the error's own. */
  statusOf?(fault: Fault, request: FastifyRequest): number
  /** @param id of the request, which itself is there for what it says to be repeated */
  say(fault: Fault, id: string, request: FastifyRequest): string
}

const problemDetails: Dialect = { mediaType, say: problem }

/** Answers every error of the routes registered in `app`, and every path that is none, in the dialect of a face. */
export function installProblems(app: App, log: Log, dialect?: Dialect): void {
  const answer = answerWith(log, dialect)
  app.setErrorHandler(answer)
  app.setNotFoundHandler((request, reply) =>
    answer(
      new MortiseError('MORTISE_ROUTE_NOT_FOUND', `there is nothing at ${request.method} ${pathOf(request)}`),
      request,
      reply,
    ),
  )
}

/** What renders an error on the wire, and logs it when the server is at fault, or why it let nobody in, which it does not say. */
export function answerWith(log: Log, dialect = problemDetails) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const fault = faultOf(error)
    if (fault.status >= 500) log.error({ err: error, request: request.id }, fault.message)
    if (fault.status === 401) {
      reply.header('www-authenticate', dialect.challenge ?? 'Bearer')
      const { cause } = error as Error
      if (cause instanceof Error) log.info({ request: request.id, reason: cause.message }, fault.message)
    }
    const status = dialect.statusOf?.(fault, request) ?? fault.status
    return reply
      .code(status)
      .type(dialect.mediaType)
      .send(dialect.say(fault, request.id, request))
  }
}

/** What to write to a socket that did not speak HTTP, or too slowly or too much of it. */
export function clientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = statusOfClientError(error.code)
  const fault = {
    status,
    code: 'MORTISE_INPUT_INVALID',
    message: 'this is not a proper HTTP request',
    details: {},
  }
  const body = problem(fault, '')
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: ${mediaType}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

function statusOfClientError(code: string | undefined): number {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408
  return code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
}

function problem({ status, code, message, details }: Fault, request: string): string {
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    code,
    request,
    ...(Object.keys(details).length > 0 && { details }),
  })
}

function faultOf(error: unknown): Fault {
  if (isMortiseError(error)) return error
  const { code = '', statusCode = 500, validation } = error as Partial<FastifyError>
  if (validation) return invalid(describeValidation(error as FastifyError))
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new MortiseError('MORTISE_INPUT_TOO_LARGE', 'the body is too large')
  // What the JSON parser says quotes the body, which may hold secrets.
  if (error instanceof SyntaxError || code.startsWith('FST_ERR_CTP_')) {
    const media = code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE'
    const message = media ? 'send the body as application/json' : 'the body is not valid JSON'
    return { ...invalid(message, statusCode), malformed: true }
  }
  if (statusCode >= 400 && statusCode < 500) return invalid((error as Error).message, statusCode)
  return new MortiseError('MORTISE_INTERNAL')
}

function invalid(message: string, status = 400): Fault {
  return { status, code: 'MORTISE_INPUT_INVALID', message, details: {} }
}

/** `body.expires must be integer`: names the field, never its value. */
function describeValidation({ validation, validationContext = 'body' }: FastifyError): string {
  const [first] = validation ?? []
  if (!first) return 'the request is not valid'
  const field = `${validationContext}${first.instancePath.replaceAll('/', '.')}`
  const { additionalProperty, allowedValues } = first.params as {
    additionalProperty?: string
    allowedValues?: readonly string[]
  }
  if (additionalProperty !== undefined) return `${field} has no field ${JSON.stringify(additionalProperty)}`
  if (allowedValues) return `${field} must be one of ${allowedValues.join(', ')}`
  return `${field} ${first.message ?? 'is not valid'}`
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? ''
}
