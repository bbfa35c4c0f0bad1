import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pino from 'pino'
import { type KeyManager, openKeyManager, type Session } from '../../lib/core/index.js'
import { followerOf, xmlOfTtlv } from '../../lib/faces/kmip/index.js'
import type { Version } from '../../lib/faces/kmip/tables/rows.js'
import { native, TtlvDecoder } from '../../lib/native/index.js'
import { systemClock } from '../../lib/operation/index.js'
import { buildServer } from '../../lib/server/http.js'
import { loadConfig } from '../../lib/server/index.js'
import type { Played } from './run.js'

/** A server on a new store, under the policy compatible, as the cases need it. */
export async function startServer(): Promise<Played & { close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'mortise-conformance-'))
  let passed = 0
  const clock = { ...systemClock, now: () => systemClock.now() + passed }
  const keyManager = await openKeyManager({ directory, policy: 'compatible', clock })
  const { settings } = loadConfig({
    flags: { '--faces-kmip': 'true', '--limits-requests': '0', '--policy': 'compatible' },
    environment: {},
    workingDirectory: directory,
  })
  await keyManager.ensurePrincipal({ name: owner.name, roles: ['administrator'] })
  const admin = await keyManager.as(owner.name)
  await addUsers(admin)
  const { text: token } = await admin.createToken()
  // What the cases have certificates issued by.
  const { id } = await admin.createAuthority({ subject: 'CN=KMIP,OU=OASIS,O=TEST,C=US', algorithm: 'EC' })
  await admin.selfSign(id)
  // A fresh key of the default group, which a server has beforehand.
  await admin.createKey({
    algorithm: 'AES',
    extractable: true,
    activate: false,
    attributes: { ObjectGroup: ['default'], Fresh: true },
  })
  const app = await buildServer(keyManager, settings, pino({ level: process.env['LOG'] ?? 'silent' }))
  const hear = await listener(keyManager)
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
    hear,
    now: clock.now,
    pass(milliseconds) {
      passed += milliseconds
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

/** Whose client plays the cases: one of them logs in so, to have what another one has registered. */
const owner = { name: 'one-time-user', password: 'one-time-password' }

/** Who the cases log in as besides, and what those may know of one another's keys, whom they are denied. */
const users = [
  { name: 'Fred', password: 'password1', knows: [] },
  { name: 'Barney', password: 'secret2', knows: ['PolicyKey', 'TC-111-'] },
  { name: 'devID2233', password: 'secret', knows: [] },
  { name: 'devID4444', password: 'passwd', knows: ['TC-112-'] },
]

async function addUsers(admin: Session): Promise<void> {
  await admin.createPasswordPolicy({ name: 'cases', minimumLength: 1 })
  await admin.setPassword(owner.name, owner.password)
  for (const { name, password, knows } of users) {
    await admin.createPrincipal({ name, password, passwordPolicy: 'cases', permissions: ['Create'] })
    for (const namePrefix of knows) await admin.grantOnScope({ namePrefix }, { principal: name }, ['Locate'])
  }
}

const decoder = new TtlvDecoder(native)

/** A client that listens, and is told as long as a case goes on: what it is given is not fresh any more. */
async function listener(keyManager: KeyManager): Promise<Played['hear']> {
  let version: Version | undefined
  let heard: string[] = []
  const follower = (version: Version) =>
    followerOf(keyManager, {
      principal: owner.name,
      address: 'listener:5696',
      version,
      async send(messages) {
        for await (const message of messages) heard.push(xmlOfTtlv(decoder.decode(Buffer.from(message))))
      },
    })
  await keyManager.tell({
    place: follower('2.1').place,
    heard: async (records) => (version === undefined ? undefined : follower(version).heard(records)),
  })
  return {
    begin(of) {
      version = of as Version
      heard = []
    },
    async next(operation, object) {
      for (let tries = 0; tries < 1500; tries++) {
        const at = heard.findIndex(
          (one) =>
            one.includes(`<Operation type="Enumeration" value="${operation}"/>`) && one.includes(object),
        )
        const [found] = at < 0 ? [] : heard.splice(at, 1)
        if (found !== undefined) return found
        await setTimeout(20)
      }
      throw new Error(`the client was not told by ${operation}`)
    },
    end() {
      version = undefined
    },
  }
}
