import { Readable } from 'node:stream'
import Type from 'typebox'
import type { App } from '../http/index.js'
import { exactly } from './schemas.js'

export function backupRoutes(app: App): void {
  app.post(
    '/backup',
    {
      schema: {
        tags: ['backup'],
        operationId: 'backup',
        summary: 'A backup of the whole store as of now, sealed under the passphrase',
        description:
          'Write it to a file and check that with `mortise restore --check`: an answer that was broken off is no backup.',
        body: exactly({ passphrase: Type.String({ minLength: 12 }) }),
        response: { 200: { content: { 'application/octet-stream': { schema: Type.String() } } } },
      },
    },
    async ({ session, body }, reply) => {
      const { manifest, content } = await session.openBackup(body)
      const name = `mortise-${new Date(manifest.created).toISOString().replaceAll(':', '')}.backup`
      return reply
        .type('application/octet-stream')
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(Readable.from(content))
    },
  )
}
