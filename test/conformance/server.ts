import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { openKeyManager } from '../../lib/core/index.js'
import { buildServer } from '../../lib/server/http.js'
import { loadConfig } from '../../lib/server/index.js'
import type { Send } from './run.js'

/** A server on a new store, under the policy compatible, as the cases need it. */
export async function startServer(): Promise<{ send: Send; close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'mortise-conformance-'))
  const keyManager = await openKeyManager({ directory, policy: 'compatible' })
  const { settings } = loadConfig({
    flags: { '--faces-kmip': 'true', '--limits-requests': '0', '--policy': 'compatible' },
    environment: {},
    workingDirectory: directory,
  })
  await keyManager.ensurePrincipal({ name: 'admin', roles: ['administrator'] })
  const admin = await keyManager.as('admin')
  const { text: token } = await admin.createToken()
  // What the cases have certificates issued by.
  const { id } = await admin.createAuthority({ subject: 'CN=KMIP,OU=OASIS,O=TEST,C=US', algorithm: 'EC' })
  await admin.selfSign(id)
  const app = await buildServer(keyManager, settings, pino({ level: process.env['LOG'] ?? 'silent' }))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    async send(type, body) {
      const response = await fetch(`${url}/kmip`, {
        method: 'POST',
        headers: { 'content-type': type, authorization: `Bearer ${token}` },
        body: new Uint8Array(body),
      })
      return Buffer.from(await response.arrayBuffer())
    },
    async close() {
      const closed = app.close()
      // Connections are kept alive for the next request, and there is none.
      app.server.closeAllConnections()
      await closed
      await keyManager.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
