import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectUser, KeyserviceClient } from '../lib/keyservice-client/index.js'
import { Connections, type Contest, requestOf, Server, type Suite, withScratch } from './harness/index.js'
import { mortiseServer } from './mortise_server.js'

const connections = 50
/** Bytes that a user keeps. */
const size = 400

/** What a user keeps, asked for, decided, remembered, recorded, synced and answered, against fastify without any of it. */
export const keyservice: Suite = {
  name: 'keyservice',
  run: (contest) =>
    withScratch(async (directory) => {
      const servers: Server[] = []
      try {
        const flags = ['--faces-keyservice', 'true']
        const mortise = await mortiseServer(directory, (port) => ['--http-port', port, ...flags])
        servers.push(mortise)
        const program = new URL('./peers/keyservice_echo.js', import.meta.url)
        const echo = await Server.start(program, (port) => [port, String(size)])
        servers.push(echo)
        const token = await readFile(join(directory, 'admin-token'), 'utf8')
        await contest(await getting(mortise.origin, echo.origin, token.trim()))
      } finally {
        for (const server of servers) await server.stop()
      }
    }),
}

async function getting(mortise: string, echo: string, token: string): Promise<Contest> {
  const key = randomBytes(size)
  const credentials = await userOf(mortise, token, key)
  const [ours, peer] = await Promise.all(
    [mortise, echo].map(async (origin) => {
      const url = new URL('/key', origin)
      const open = await Connections.open(url, connections)
      return () => open.send(requestOf(url, signed(credentials)))
    }),
  )
  if (!ours || !peer) throw new Error('nobody answers')
  const contender = (send: () => Promise<string>) => ({
    lanes: connections,
    work: () => send().then(() => 1),
  })
  return {
    name: 'keyservice/get',
    unit: 'requests/s',
    ours: contender(ours),
    peer: contender(peer),
    peerName: `fastify alone with as many bytes, the same requests, ${connections} connections`,
    async check() {
      assert.deepEqual(Buffer.from(await ours(), 'latin1'), key)
      assert.equal((await peer()).length, size)
    },
  }
}

/** A user of a real service, who keeps a key. */
async function userOf(url: string, token: string, key: Uint8Array) {
  const answer = await fetch(`${url}/admin/v1/keyservice/services`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ keyId: 'site', namespaces: ['site'], allowFrom: ['127.0.0.1'] }),
  })
  const service = (await answer.json()) as { keyId: string; secret: string }
  const client = new KeyserviceClient({ url })
  const { initToken, initTokenHash } = await client.init()
  const user = { namespace: 'site', userId: 'bench', initTokenHash }
  const sessionToken = await connectUser({ url }, service, user)
  await client.session(initToken, sessionToken).put(key)
  return { keyId: sessionToken, secret: initToken }
}

/** As the client of the package signs, but at once: whoever makes the load shares the machine. */
function signed({ keyId, secret }: { readonly keyId: string; readonly secret: string }) {
  const nonce = randomBytes(64)
  const date = new Date().toUTCString()
  const hash = createHmac('sha512', secret).update(nonce).update(`GET/key${date}`).digest('hex')
  return { authorization: `ss1 keyid=${keyId}, hash=${hash}, nonce=${nonce.toString('hex')}`, date }
}
