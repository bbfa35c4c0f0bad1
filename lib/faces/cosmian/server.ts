import Type from 'typebox'
import { opensslVersion } from '../../core/index.js'
import type { App } from '../http/index.js'

const tags = ['cosmian access']

/** Who asks, and whom. `/health` and `/version` are the server's own. */
export function serverRoutes(app: App, version: string): void {
  app.get(
    '/me',
    {
      schema: {
        tags,
        operationId: 'cosmianMe',
        summary: 'Who asks',
        response: { 200: Type.Object({ user: Type.String() }) },
      },
    },
    async ({ session }) => ({ user: session.principal.name }),
  )

  app.get(
    '/server-info',
    {
      schema: {
        tags,
        operationId: 'cosmianServerInfo',
        summary: 'The server; it has no HSM to tell of',
        response: {
          200: Type.Object({
            version: Type.String(),
            fips_mode: Type.Boolean(),
            hsm_instances: Type.Array(Type.Object({})),
            default_username: Type.String({ description: 'Who everybody is where nobody has to log in' }),
          }),
        },
      },
    },
    async () => ({
      version: `${version} (${opensslVersion()})`,
      fips_mode: false,
      hsm_instances: [],
      default_username: 'admin',
    }),
  )
}
