import Type from 'typebox'
import type { StoreInfo } from '../../core/index.js'
import { type App, exactly } from '../http/index.js'

/** What audit records say that they come from. */
export const serverName = 'mortise'

const tags = ['ciphertrust system']
const infoSchema = Type.Object({
  id: Type.String({ description: 'Of the store' }),
  name: Type.String(),
  version: Type.String(),
  model: Type.String(),
  vendor: Type.String(),
  uptime: Type.String({ description: 'Of this process: 3 days, 4 hours, 5 minutes' }),
})

/** @param version of the package */
export function systemRoutes(app: App, version: string): void {
  const shown = ({ store: id, name }: StoreInfo) => ({
    ...{ id, name, version, model: 'Mortise', vendor: 'Mortise' },
    uptime: uptime(process.uptime()),
  })

  app.get(
    '/system/info',
    {
      schema: {
        tags,
        operationId: 'ciphertrustSystemInfo',
        summary: 'What this server is',
        response: { 200: infoSchema },
      },
    },
    async ({ session }) => shown(await session.storeInfo()),
  )

  app.patch(
    '/system/info',
    {
      schema: {
        tags,
        operationId: 'ciphertrustSetSystemInfo',
        summary: 'Say what this server is called; all that share the store are',
        body: exactly({ name: Type.String() }),
        response: { 200: infoSchema },
      },
    },
    async ({ session, body }) => shown(await session.setStoreInfo(body)),
  )
}

function uptime(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  return `${Math.floor(minutes / 1440)} days, ${Math.floor(minutes / 60) % 24} hours, ${minutes % 60} minutes`
}
