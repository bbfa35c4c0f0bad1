import type { FastifyReply, FastifyRequest } from 'fastify'
import Type, { type TProperties } from 'typebox'
import type { Keymanager } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { type App, nullable } from '../http/index.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** MOSIP's codes for what goes wrong with a call, before those that all have. */
    refusals?: Refusals
  }
}

/** MOSIP's codes by ours; behind some of those stands what their details say more exactly. */
export type Refusals = Readonly<Record<string, string>>

export interface KeymanagerError {
  readonly errorCode: string
  readonly message: string
}

const around = {
  id: nullable('string', { description: 'As it was asked' }),
  version: nullable('string', { description: 'As it was asked' }),
  responsetime: Type.String({ description: 'UTC, three decimals, Z' }),
  metadata: Type.Null(),
}

/** What whatever is refused is answered with; `response` is null. */
export const errorSchema = Type.Object(
  {
    ...around,
    response: Type.Null(),
    errors: Type.Array(
      Type.Object({
        errorCode: Type.String({ description: 'KER-KMS-005 and so on' }),
        message: Type.String({ description: 'What is wrong and what to do' }),
      }),
    ),
  },
  { $id: 'KeymanagerError' },
)

/** What MOSIP puts around an answer. */
export function answer(
  { body }: Pick<FastifyRequest, 'body'>,
  response: object | null,
  errors: readonly KeymanagerError[] | null,
): object {
  const { id = null, version = null } = (isObject(body) ? body : {}) as Record<string, unknown>
  return {
    id: typeof id === 'string' ? id : null,
    version: typeof version === 'string' ? version : null,
    responsetime: new Date().toISOString(),
    metadata: null,
    response,
    errors,
  }
}

/** The fields of a request by name. Times are not looked at: clients of other time zones call theirs UTC. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  /** A text; empty where it is missing or null. @throws MORTISE_INPUT_INVALID for anything else */
  text(name: string): string {
    const value = this.#values[name] ?? ''
    if (typeof value === 'string') return value
    throw new MortiseError('MORTISE_INPUT_INVALID', `request.${name} should be a text`)
  }

  /** @throws MORTISE_INPUT_INVALID for a text, where it says neither */
  flag(name: string, otherwise = false): boolean {
    const value = this.#values[name] ?? otherwise
    if (value === true || value === 'true') return true
    if (value === false || value === 'false' || value === '') return false
    throw new MortiseError('MORTISE_INPUT_INVALID', `request.${name} should be true or false`)
  }

  /** base64url or standard base64, with or without padding. @throws MORTISE_INPUT_INVALID */
  bytes(name: string): Buffer {
    return decoded(this.text(name), `request.${name}`)
  }

  /** The same; undefined where it is missing, which an empty text is not. */
  optionalBytes(name: string): Buffer | undefined {
    const value = this.#values[name] ?? undefined
    if (value === undefined) return undefined
    if (value === '') throw empty(name)
    return this.bytes(name)
  }

  /** A whole number; undefined where it is missing. @throws MORTISE_INPUT_INVALID for anything else */
  whole(name: string): number | undefined {
    const value = this.#values[name] ?? undefined
    if (value === undefined || Number.isSafeInteger(value)) return value as number | undefined
    throw new MortiseError('MORTISE_INPUT_INVALID', `request.${name} should be a whole number`)
  }

  /** A date and time as ISO 8601; undefined where it is missing. @throws MORTISE_INPUT_INVALID for anything else */
  date(name: string): Date | undefined {
    const text = this.text(name)
    if (text === '') return undefined
    const date = new Date(text)
    if (!Number.isNaN(date.getTime())) return date
    throw new MortiseError('MORTISE_INPUT_INVALID', `request.${name} should be 2030-01-01T00:00:00.000Z`)
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name] ?? []
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value
    throw new MortiseError('MORTISE_INPUT_INVALID', `request.${name} should be a list of texts`)
  }

  /** The fields of each object of a list. */
  list(name: string): readonly Fields[] {
    const value = this.#values[name] ?? []
    if (Array.isArray(value) && value.every(isObject)) return value.map((one) => new Fields(one))
    throw new MortiseError('MORTISE_INPUT_INVALID', `request.${name} should be a list of objects`)
  }

  object(name: string): Readonly<Record<string, unknown>> {
    const value = this.#values[name] ?? {}
    if (isObject(value)) return value
    throw new MortiseError('MORTISE_INPUT_INVALID', `request.${name} should be an object`)
  }

  /** @throws MORTISE_INPUT_INVALID naming all of them that are missing */
  require(names: readonly string[]): void {
    const missing = names.filter((name) => (this.#values[name] ?? '') === '')
    if (missing.length === 0) return
    throw new MortiseError('MORTISE_INPUT_INVALID', empty(missing[0] ?? '').message, { details: { missing } })
  }
}

function empty(name: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', emptyText(name), { details: { missing: [name] } })
}

export function emptyText(name: string): string {
  return `request.${name} should not be null or empty`
}

/** @throws MORTISE_INPUT_INVALID for what is no base64 of either alphabet */
export function decoded(text: string, name: string): Buffer {
  if (/^[\w+/-]*={0,2}$/.test(text) && text.replace(/=+$/, '').length % 4 !== 1)
    return Buffer.from(text, 'base64')
  throw new MortiseError('MORTISE_INPUT_INVALID', `${name} should be base64url`)
}

/** What a call is given: who asks, and for what. */
export interface Called {
  readonly keymanager: Keymanager
  readonly fields: Fields
  readonly params: Readonly<Record<string, string>>
}

interface Call {
  readonly summary: string
  /** Fields that must be there and not be empty. */
  readonly required?: readonly string[]
  /** MOSIP's codes for what goes wrong, before those that all calls have. */
  readonly refusals?: Refusals
  /** The fields of `response`: no others are answered. */
  readonly answers: TProperties
}

type Work = (called: Called) => Promise<object>

/** A call whose fields are in the object `request` of its body. */
export function calls(app: App, method: 'POST' | 'PUT') {
  return (path: string, call: Call, work: Work) =>
    route(app, method, path, call, work, ({ body }) => {
      const request = isObject(body) ? body['request'] : undefined
      if (isObject(request)) return request
      throw new MortiseError('MORTISE_INPUT_INVALID', 'request should not be null or empty')
    })
}

/** A call whose fields are in its query. */
export function asks(app: App, method: 'GET' | 'POST' = 'GET') {
  return (path: string, call: Call, work: Work) =>
    route(app, method, path, call, work, ({ query }) => query as Record<string, unknown>)
}

function route(
  app: App,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  { summary, required = [], refusals = {}, answers }: Call,
  work: Work,
  fieldsOf: (request: FastifyRequest) => Readonly<Record<string, unknown>>,
): void {
  const operationId = `keymanager${method === 'GET' ? 'Get' : ''}${path.replace(/[/:](\w)/g, (_, first: string) => first.toUpperCase())}`
  app.route({
    method,
    url: path,
    config: { refusals },
    schema: {
      ...{ operationId, summary, tags: ['keymanager'] },
      response: { 200: Type.Object({ ...around, response: Type.Object(answers), errors: Type.Null() }) },
    },
    async handler(request: FastifyRequest, reply: FastifyReply) {
      const fields = new Fields(fieldsOf(request))
      fields.require(required)
      const params = request.params as Record<string, string>
      const response = await work({ keymanager: request.session.keymanager, fields, params })
      return reply.send(answer(request, response, null))
    },
  })
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
