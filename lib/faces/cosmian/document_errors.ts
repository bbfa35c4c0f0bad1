import type { TSchema } from 'typebox'
import type { App } from '../http/index.js'

/** Says of every route that is registered after it what its errors are. */
export function documentErrors(app: App, mediaType: string, schema: TSchema): void {
  app.addHook('onRoute', ({ schema: route }) => {
    if (!route) return
    route.response = {
      ...(route.response as object),
      default: { description: 'An error', content: { [mediaType]: { schema } } },
    }
  })
}
