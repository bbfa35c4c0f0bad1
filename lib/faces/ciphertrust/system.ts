import Type from 'typebox'
import type { App } from '../http/index.js'

/** What audit records say that they come from. */
export const serverName = 'mortise'

/** @param version of the package */
export function systemRoutes(app: App, version: string): void {
  app.get(
    '/system/info',
    {
      schema: {
        tags: ['ciphertrust system'],
        operationId: 'ciphertrustSystemInfo',
        summary: 'What this server is',
        response: {
          200: Type.Object({
            id: Type.String({ description: 'Of the store' }),
            name: Type.String(),
            version: Type.String(),
            model: Type.String(),
            vendor: Type.String(),
            uptime: Type.String({ description: 'Of this process: 3 days, 4 hours, 5 minutes' }),
          }),
        },
      },
    },
    async ({ session }) => {
      const { store } = await session.storeInfo()
      const name = serverName
      return {
        id: store,
        name,
        version,
        model: 'Mortise',
        vendor: 'Mortise',
        uptime: uptime(process.uptime()),
      }
    },
  )
}

function uptime(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  return `${Math.floor(minutes / 1440)} days, ${Math.floor(minutes / 60) % 24} hours, ${minutes % 60} minutes`
}
