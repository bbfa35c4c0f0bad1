import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerDefault } from 'fastify'
import Type, { type Static, type TSchema } from 'typebox'

/** Types of requests from the typebox schemas that validate them. Answers are whitelisted by their schema at run time. */
interface TypeboxProvider extends FastifyTypeProvider {
  readonly validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown
}

/** The server as faces see it. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeboxProvider
>

/** One of some texts. */
export function enumOf<T extends string>(
  values: readonly T[],
  options: { readonly description?: string } = {},
) {
  return Type.Unsafe<T>({ type: 'string', enum: values, ...options })
}

/** A scalar or null, in the form that serialises without trying alternatives. */
export function nullable(type: 'string' | 'integer', options: { readonly description?: string } = {}) {
  return Type.Unsafe<string | number | null>({ type: [type, 'null'], ...options })
}

/** A body or query in which nothing else may stand. */
export function exactly<Fields extends Parameters<typeof Type.Object>[0]>(fields: Fields) {
  return Type.Object(fields, { additionalProperties: false })
}
