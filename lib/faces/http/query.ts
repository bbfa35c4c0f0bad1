import type { preValidationHookHandler } from 'fastify'

/** Reads integers in the query string, which are texts there, so that nothing has to be coerced in bodies. */
export function integers(...names: readonly string[]): preValidationHookHandler {
  return (request, _reply, done) => {
    const query = request.query as Record<string, unknown>
    for (const name of names) {
      const text = query[name]
      if (typeof text === 'string' && /^\d{1,15}$/.test(text)) query[name] = Number(text)
    }
    done()
  }
}
