import type { FastifyReply, FastifyRequest } from 'fastify'

/** What caches between here and the client may hold. */
export interface Cacheable {
  readonly type: string
  readonly body: Uint8Array
  /** Another one for each body; without the quotes. */
  readonly tag: string
  /** When it was made: milliseconds since 1970. */
  readonly modified: number
  /** When it holds no more, by itself. */
  readonly expires: number
  /** Seconds for which nobody need ask again. */
  readonly age: number
}

/** Answers with it, or that the client has it (RFC 9110 section 13). */
export function sendCached(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { type, body, tag, modified, expires, age }: Cacheable,
): FastifyReply {
  const quoted = `"${tag}"`
  const last = Math.floor(modified / 1000) * 1000
  const seconds = Math.max(0, Math.floor(Math.min(age, (expires - Date.now()) / 1000)))
  reply.headers({
    'cache-control': `public, max-age=${seconds}, no-transform, must-revalidate`,
    etag: quoted,
    'last-modified': new Date(last).toUTCString(),
    expires: new Date(expires).toUTCString(),
  })
  const { 'if-none-match': held, 'if-modified-since': since } = headers
  const isHeld =
    held === undefined
      ? since !== undefined && last <= Date.parse(since)
      : held.split(',').some((one) => ['*', quoted, `W/${quoted}`].includes(one.trim()))
  if (isHeld) return reply.code(304).send()
  return reply.type(type).send(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
}
