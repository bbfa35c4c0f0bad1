import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Contest, Load, Server, type Suite, withScratch } from './harness/index.js'
import { mortiseServer } from './mortise_server.js'

/** The generator of the load takes part of the machine: it holds so many connections, with one request on each. */
const connections = 50

/** An operation through the server, decided, done, recorded and answered, against fastify without any of it. */
export const http: Suite = {
  name: 'http',
  run: (contest) =>
    withScratch(async (directory) => {
      const servers: Server[] = []
      try {
        const mortise = await mortiseServer(directory, (port) => ['--http-port', port])
        servers.push(mortise)
        const echo = await Server.start(new URL('./peers/echo_server.js', import.meta.url), (port) => [port])
        servers.push(echo)
        const token = await readFile(join(directory, 'admin-token'), 'utf8')
        await contest(await encrypting(mortise.origin, echo.origin, token.trim()))
      } finally {
        for (const server of servers) await server.stop()
      }
    }),
}

async function encrypting(mortise: string, echo: string, token: string): Promise<Contest> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const call = async (path: string, body: object): Promise<Record<string, string>> => {
    const answer = await fetch(mortise + path, { method: 'POST', headers, body: JSON.stringify(body) })
    assert.ok(answer.ok, `the server answers ${answer.status}`)
    return (await answer.json()) as Record<string, string>
  }
  const { id } = await call('/admin/v1/keys', { algorithm: 'AES', length: 256 })
  const path = `/admin/v1/keys/${id}/encrypt`
  const plaintext = randomBytes(64).toString('base64')
  const body = JSON.stringify({ plaintext })
  const ours = await Load.open(new URL(path, mortise), headers, body, connections)
  const peer = await Load.open(new URL(path, echo), headers, body, connections)
  return {
    name: 'encrypt/64',
    unit: 'requests/s',
    ours,
    peer,
    peerName: `fastify alone, the same schema and sizes, ${connections} connections`,
    async check() {
      const answer = await ours.send()
      const { ciphertext } = JSON.parse(answer)
      assert.equal((await call(`/admin/v1/keys/${id}/decrypt`, { ciphertext })).plaintext, plaintext)
      assert.equal((await peer.send()).length, answer.length)
    },
  }
}
