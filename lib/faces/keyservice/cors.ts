import type { App } from '../http/index.js'

const headers = 'Authorization, Content-Type, If-Match, If-None-Match, X-Date'
const exposed = 'ETag, Retry-After, X-Request-Id'
/** Seconds that a browser need not ask again. */
const age = '600'

/**
 * Lets pages of some origins ask and read the answers (Fetch standard, CORS), without cookies, of which there are none.
 *
 * @returns what answers the question of a browser before a request to a path: the method for which it does, where there are origins
 */
export function allowOrigins(
  app: App,
  origins: readonly string[],
): (url: string, methods: readonly string[]) => readonly string[] {
  if (origins.length === 0) return () => []
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    reply.header('vary', 'Origin')
    if (origin !== undefined && origins.includes(origin))
      reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed })
    done()
  })
  return (url: string, methods: readonly string[]): readonly string[] => {
    app.options(url, { schema: { hide: true } }, async (_request, reply) =>
      reply
        .code(204)
        .headers({
          'access-control-allow-methods': methods.join(', '),
          'access-control-allow-headers': headers,
          'access-control-max-age': age,
        })
        .send(),
    )
    return ['OPTIONS']
  }
}
