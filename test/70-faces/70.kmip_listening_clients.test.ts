/** Clients that listen for Notify and Put: told over TLS of what changes, whatever ends a process. */
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import pino from 'pino'
import t from 'tap'
import { type KeyManager, openKeyManager } from '../../lib/core/index.js'
import { framerOf, requestOfXml, xmlOfTtlv } from '../../lib/faces/kmip/index.js'
import { loadConfig } from '../../lib/server/index.js'
import { tellKmipClients } from '../../lib/server/kmip_clients.js'
import { make, makeAuthority } from '../15-x509/authority.js'
import { commonName } from '../15-x509/der.js'
import { type Node, treeOf } from '../conformance/tree.js'
import { pem, shown } from '../support/tls_clients.js'
import { writer } from './kmip.js'
import { value } from './kmip_client.js'

const always = { notBefore: '20200101000000Z', notAfter: '20990101000000Z' }
const root = makeAuthority('both', always)
const party = (name: string) => shown(make({ subject: commonName(name), issuer: root, ...always }))

/** A request that came, by the names of its fields. */
interface Told {
  readonly operation: string
  readonly payload: Node
  readonly version: string
  field(name: string): string | undefined
}

function told(xml: string): Told {
  const message = treeOf(xml)
  const find = (node: Node, name: string): string | undefined => {
    for (const child of node.children) {
      const found = child.name === name && child.value !== '' ? child.value : find(child, name)
      if (found !== undefined) return found
    }
    return undefined
  }
  const item = message.children.find(({ name }) => name === 'BatchItem')
  const payload = item?.children.find(({ name }) => name === 'RequestPayload') ?? message
  const version = [find(message, 'ProtocolVersionMajor'), find(message, 'ProtocolVersionMinor')].join('.')
  return {
    operation: find(message, 'Operation') ?? '',
    payload,
    version,
    field: (name) => find(payload, name),
  }
}

/** A KMIP client that listens, and takes clients of its own authority alone. */
class Listener {
  readonly heard: Told[] = []
  readonly clients: string[] = []
  /** What it answers. */
  result = value('ResultStatus', 'Enumeration', 'Success')
  #server: Server | undefined
  port = 0

  async listen(): Promise<void> {
    const own = party('localhost')
    const server = createServer({ ...own, ca: pem(root.der), requestCert: true, rejectUnauthorized: true })
    server.on('secureConnection', (socket) => this.#serve(socket))
    server.on('tlsClientError', () => undefined)
    server.listen(this.port, 'localhost')
    await once(server, 'listening')
    this.port = (server.address() as AddressInfo).port
    this.#server = server
  }

  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server) await new Promise((resolve) => server.close(resolve))
  }

  /** Waits until it has heard what is looked for. */
  async until(isMeant: (one: Told) => boolean): Promise<Told> {
    for (;;) {
      const found = this.heard.find(isMeant)
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  #serve(socket: TLSSocket): void {
    this.clients.push(String(socket.getPeerCertificate().subject.CN))
    const framer = framerOf(1_000_000)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      framer.push(chunk)
      for (let message = framer.next(); message; message = framer.next()) {
        const one = told(xmlOfTtlv(message))
        this.heard.push(one)
        const [major, minor] = one.version.split('.')
        socket.write(
          requestOfXml(
            writer,
            `<ResponseMessage><ResponseHeader><ProtocolVersion>${value('ProtocolVersionMajor', 'Integer', major ?? '')}${value('ProtocolVersionMinor', 'Integer', minor ?? '')}</ProtocolVersion>${value('TimeStamp', 'DateTime', '2030-01-01T00:00:00Z')}${value('BatchCount', 'Integer', '1')}</ResponseHeader><BatchItem>${value('Operation', 'Enumeration', one.operation)}${this.result}</BatchItem></ResponseMessage>`,
          ).bytes,
        )
      }
    })
  }
}

const folder = await mkdtemp(join(tmpdir(), 'mortise-listening-'))
t.teardown(() => rm(folder, { recursive: true }))
const path = (name: string) => join(folder, name)
const mine = party('mortise')
for (const [name, text] of Object.entries({ root: pem(root.der), cert: mine.cert, key: mine.key }))
  await writeFile(path(name), text)

const listener = new Listener()
const older = new Listener()
await listener.listen()
await older.listen()
t.teardown(() => listener.close())
t.teardown(() => older.close())

const flags = () => ({
  '--kmip-clients': `disks@localhost:${listener.port},tapes@localhost:${older.port}/1.4`,
  '--kmip-clients-authority': path('root'),
  '--kmip-clients-certificate': path('cert'),
  '--kmip-clients-key': path('key'),
})

const settingsOf = (given: Readonly<Record<string, string>>) =>
  loadConfig({ flags: given, environment: {}, workingDirectory: folder }).settings

async function open(): Promise<KeyManager> {
  const keyManager = await openKeyManager({ directory: path('data') })
  await keyManager.ensurePrincipal({ name: 'disks', permissions: ['Create', 'Import'] })
  await keyManager.ensurePrincipal({ name: 'tapes' })
  await keyManager.ensurePrincipal({ name: 'other', permissions: ['Create'] })
  await tellKmipClients(keyManager, settingsOf(flags()), pino({ level: 'silent' }))
  return keyManager
}

let keyManager = await open()
t.teardown(() => keyManager.close())
const about = (id: string, operation: string) => (one: Told) =>
  one.operation === operation && one.field('UniqueIdentifier') === id

t.test('objects are put, and their changes told', async (t) => {
  const disks = await keyManager.as('disks')
  const { id: hidden } = await (await keyManager.as('other')).createKey({ algorithm: 'AES' })
  const { id } = await disks.createKey({ algorithm: 'AES', name: 'disk', extractable: true })
  const key = await listener.until(about(id, 'Put'))
  t.equal(key.field('PutFunction'), 'New')
  t.equal(key.field('KeyMaterial')?.length, 64)
  t.equal(key.version, '2.1')
  t.ok(key.payload.children.some(({ name }) => name === 'Attributes'))
  t.same(new Set(listener.clients), new Set(['mortise']), 'with its certificate')

  await disks.setAttribute(id, 'Comment', 'in rack 7')
  const set = await listener.until(
    (one) => one.field('Comment') === 'in rack 7' && one.operation === 'Notify',
  )
  t.ok(set.field('LastChangeDate'))
  await disks.deleteAttribute(id, 'Comment')
  await listener.until((one) => one.field('AttributeReference') === 'Comment')
  const { replacement } = await disks.rekey('disk')
  const replaced = await listener.until(about(replacement.id, 'Put'))
  t.same([replaced.field('PutFunction'), replaced.field('ReplacedUniqueIdentifier')], ['Replace', id])
  await disks.revoke(id, 'KeyCompromise')
  const revoked = await listener.until(
    (one) => about(id, 'Notify')(one) && one.field('State') === 'Compromised',
  )
  t.equal(revoked.field('RevocationReasonCode'), 'KeyCompromise')
  await disks.destroy(id)
  await listener.until((one) => about(id, 'Notify')(one) && one.field('State') === 'DestroyedCompromised')
  t.notOk(
    listener.heard.some((one) => one.field('UniqueIdentifier') === hidden),
    'not of what it may not see',
  )
  const { records } = await (await keyManager.as('admin').catch(() => keyManager.asHost())).audit({
    outcome: 'denied',
  })
  t.same(records, [], 'and nothing was refused')

  const { id: kept } = await disks.createKey({ algorithm: 'AES', extractable: false })
  await disks.setAttribute(kept, 'Comment', 'stays here')
  await listener.until((one) => about(kept, 'Notify')(one) && one.field('Comment') === 'stays here')
  t.notOk(listener.heard.some(about(kept, 'Put')), 'what may not leave is not put')
})

t.test('each in its version, of what it may', async (t) => {
  const disks = await keyManager.as('disks')
  const { id } = await disks.createKey({ algorithm: 'AES', extractable: true })
  await disks.grant(id, { principal: 'tapes' }, ['GetAttributes'])
  await disks.setAttribute(id, 'Comment', 'for tapes')
  const one = await older.until(about(id, 'Notify'))
  t.equal(one.version, '1.4')
  t.ok(
    one.payload.children.some(({ name }) => name === 'Attribute'),
    'attributes of 1.x',
  )
  t.notOk(older.heard.some(({ operation }) => operation === 'Put'))
})

t.test('whoever was away is told, and what is refused is not told again', async (t) => {
  await listener.close()
  const { id } = await (await keyManager.as('disks')).createKey({ algorithm: 'AES', extractable: true })
  // Until a delivery has failed.
  for (;;) {
    const { sinks } = await keyManager.auditHealth()
    if (sinks.some(({ kind, failure }) => kind === 'kmip' && failure !== null)) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await keyManager.close()
  listener.result = `${value('ResultStatus', 'Enumeration', 'OperationFailed')}${value('ResultReason', 'Enumeration', 'PermissionDenied')}`
  await listener.listen()
  keyManager = await open()
  await listener.until(about(id, 'Put'))
  const { id: next } = await (await keyManager.as('disks')).createKey({ algorithm: 'AES', extractable: true })
  await listener.until(about(next, 'Put'))
  t.equal(listener.heard.filter(about(id, 'Put')).length, 1)
})

t.test('what cannot be', async (t) => {
  const settings = (changes: Readonly<Record<string, string>>) => settingsOf({ ...flags(), ...changes })
  const tell = (changes: Readonly<Record<string, string>>) =>
    tellKmipClients(keyManager, settings(changes), pino({ level: 'silent' }))
  await t.rejects(tell({ '--kmip-clients': 'localhost:1' }), { code: 'MORTISE_CONFIG_INVALID' })
  await t.rejects(tell({ '--kmip-clients': 'disks@localhost:1/9.9' }), { code: 'MORTISE_CONFIG_INVALID' })
  await t.rejects(tell({ '--kmip-clients-key': path('nothing') }), { code: 'MORTISE_CONFIG_INVALID' })
})
