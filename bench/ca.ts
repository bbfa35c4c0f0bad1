import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, sign, verify, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  buildOcspRequest,
  parseCertificate,
  parseOcspResponse,
  parseRequest,
  validatePath,
} from '../lib/x509/index.js'
import {
  Connections,
  type Contender,
  type Contest,
  Load,
  requestOf,
  Server,
  type Suite,
  withScratch,
} from './harness/index.js'
import { mortiseServer } from './mortise_server.js'

const connections = 50
/** Requests, each with a key of its own: more than anybody keeps in memory. */
const distinct = 400

/** What it takes to issue certificates, to say what they are worth, and to look at them. */
export const ca: Suite = {
  name: 'ca',
  run: (contest) =>
    withScratch(async (directory) => {
      const servers: Server[] = []
      try {
        const mortise = await mortiseServer(directory, (port) => [
          ...['--http-port', port, '--faces-pki', 'true'],
        ])
        servers.push(mortise)
        const house = await furnished(mortise.origin, directory)
        const cfssl = await cfsslServer(directory)
        servers.push(cfssl)
        await contest(await issuing(house, cfssl.origin))
        await contest(await asking(house, servers))
        await contest(validating(house))
      } finally {
        for (const server of servers) await server.stop()
      }
    }),
}

interface House {
  readonly origin: string
  /** Of an officer of certificate authorities. */
  readonly headers: Readonly<Record<string, string>>
  readonly call: (path: string, body: object) => Promise<Record<string, string>>
  readonly root: Record<string, string>
  readonly authority: Record<string, string>
  readonly leaf: Record<string, string>
}

/** Below /admin/v1. */
const api = '/admin/v1'
const authorities = '/ca/authorities'

/** A root, an authority below it, a request of a server with a key on P-256, and a certificate of its. */
async function furnished(origin: string, directory: string): Promise<House> {
  const admin = (await readFile(join(directory, 'admin-token'), 'utf8')).trim()
  const caller =
    (token: string) =>
    async (path: string, body: object): Promise<Record<string, string>> => {
      const answer = await fetch(origin + api + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      })
      assert.ok(answer.ok, `the server answers ${answer.status} to ${path}`)
      return (await answer.json()) as Record<string, string>
    }
  await caller(admin)('/principals', { name: 'olga', roles: ['ca-officer'] })
  const { text = '' } = await caller(admin)('/tokens', { principal: 'olga' })
  const call = caller(text)
  await call(authorities, { name: 'root', subject: 'CN=Root,O=Example' })
  const root = await call(`${authorities}/root/self-sign`, {})
  const pending = await call(authorities, { name: 'issuing', subject: 'CN=Issuing,O=Example' })
  const below = await certified(call, 'root', { profile: 'ca', request: pending['request'] })
  const authority = await call(`${authorities}/issuing/install`, { certificate: below['certificate'] })
  const names = { dns: ['www.example.org'] }
  const { request = '' } = await call('/ca/requests', { subject: 'CN=www.example.org', names })
  const leaf = await certified(call, 'issuing', { profile: 'server', request })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${text}` }
  return { origin, headers, call, root, authority, leaf }
}

async function certified(call: House['call'], authority: string, what: object) {
  const path = `${authorities}/${authority}/certificates`
  const { token } = await call(`${path}/prepare`, what)
  return call(path, { token })
}

/** cfssl of Debian (golang-cfssl), with an authority on P-256 and the same usages and days. */
async function cfsslServer(directory: string): Promise<Server> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const files = { key: join(directory, 'cfssl-key.pem'), certificate: join(directory, 'cfssl.pem') }
  const config = join(directory, 'cfssl.json')
  await writeFile(files.key, privateKey.export({ type: 'sec1', format: 'pem' }))
  const subject = ['-subj', '/O=Example/CN=Root', '-days', '3650']
  execFileSync('openssl', ['req', '-x509', '-new', '-key', files.key, '-out', files.certificate, ...subject])
  const signing = { expiry: '2160h', usages: ['digital signature', 'server auth'] }
  await writeFile(config, JSON.stringify({ signing: { default: signing } }))
  return Server.startProgram('cfssl', (port) => [
    ...['serve', '-address', '127.0.0.1', '-port', port, '-loglevel', '5'],
    ...['-ca', files.certificate, '-ca-key', files.key, '-config', config],
  ])
}

async function issuing({ origin, headers, authority, call }: House, cfssl: string): Promise<Contest> {
  const requests: string[] = []
  for (let i = 0; i < distinct; i++) {
    const names = { dns: [`www${i}.example.org`] }
    const { request = '' } = await call('/ca/requests', { subject: `CN=www${i}.example.org`, names })
    requests.push(request)
  }
  const open = await Connections.open(new URL(origin), connections)
  const path = new URL(`${origin}${api}${authorities}/issuing/certificates`)
  const issue = around(
    requests.map((request) => requestOf(path, headers, JSON.stringify({ profile: 'server', request }))),
  )
  const ours = () => open.send(issue())
  const openPeer = await Connections.open(new URL(cfssl), connections)
  const sign = around(
    requests.map((request, i) =>
      requestOf(
        new URL('/api/v1/cfssl/sign', cfssl),
        { 'content-type': 'application/json' },
        JSON.stringify({ certificate_request: request, hosts: [`www${i}.example.org`] }),
      ),
    ),
  )
  const peer = () => openPeer.send(sign())
  return {
    name: 'issue/p256',
    unit: 'certificates/s',
    ours: { lanes: connections, work: () => ours().then(() => 1) },
    peer: { lanes: connections, work: () => peer().then(() => 1) },
    peerName: `cfssl serve, which keeps nothing, ${connections} connections`,
    limit: verifyAndSign(around(requests)),
    limitName:
      'node:crypto taking in the key of a request, verifying it and signing as many bytes, in a loop',
    async check() {
      const made = new X509Certificate(
        (JSON.parse(await ours()) as { readonly certificate: string }).certificate,
      )
      assert.ok(made.verify(createPublicKey(authority['certificate'] ?? '')))
      const { result } = JSON.parse(await peer()) as { readonly result: { readonly certificate: string } }
      assert.ok(new X509Certificate(result.certificate).publicKey.equals(made.publicKey))
    },
  }
}

/** One after the other, again and again. */
function around<T>(all: readonly T[]): () => T {
  let next = 0
  return () => all[next++ % all.length] as T
}

function verifyAndSign(next: () => string): Contender {
  const parsed = new Map<string, ReturnType<typeof parseRequest>>()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = Buffer.alloc(500)
  return {
    work: () => {
      const pem = next()
      const request = parsed.get(pem) ?? parseRequest(pem)
      parsed.set(pem, request)
      const { message, signature, publicKey } = request
      const key = createPublicKey({ key: Buffer.from(publicKey.der), format: 'der', type: 'spki' })
      if (!verify('sha256', message, key, signature)) throw new Error('the request is not signed')
      sign('sha256', certificate, privateKey)
      return 1
    },
  }
}

async function asking({ origin, authority, leaf }: House, servers: Server[]): Promise<Contest> {
  const issuer = parseCertificate(authority['certificate'] ?? '')
  const asked = buildOcspRequest([{ issuer, serialNumber: leaf['serial'] ?? '' }]).toString('base64')
  const path = `/ocsp/${authority['id']}/${encodeURIComponent(asked)}`
  const { byteLength } = await (await fetch(origin + path)).arrayBuffer()
  const program = new URL('./peers/bytes_server.js', import.meta.url)
  const bytes = await Server.start(program, (port) => [port, String(byteLength)])
  servers.push(bytes)
  const ours = await Load.open(new URL(path, origin), {}, undefined, connections)
  const peer = await Load.open(new URL(path, bytes.origin), {}, undefined, connections)
  return {
    name: 'ocsp/get',
    unit: 'answers/s',
    ours,
    peer,
    peerName: `fastify alone with as many bytes, ${connections} connections`,
    async check() {
      const answer = Buffer.from(await ours.send(), 'latin1')
      assert.equal(parseOcspResponse(answer).basic?.responses[0]?.status, 'good')
      // A signature is a few bytes longer or shorter than the one before.
      assert.ok(Math.abs((await peer.send()).length - answer.length) <= 4)
    },
  }
}

function validating({ root, authority, leaf }: House): Contest {
  const [anchor, intermediate, certificate] = [root, authority, leaf].map(
    (one) => new X509Certificate(one['certificate'] ?? '').raw,
  ) as [Buffer, Buffer, Buffer]
  const trusted = parseCertificate(anchor)
  const theirs = new X509Certificate(anchor)
  const at = new Date()
  const ours = (): number => {
    const path = [certificate, intermediate].map((one) => parseCertificate(one))
    const [end, ...intermediates] = path as [ReturnType<typeof parseCertificate>]
    return validatePath({ leaf: end, intermediates, anchors: [trusted], at }).path.length
  }
  const peer = (): number => {
    const [end, above] = [certificate, intermediate].map((one) => new X509Certificate(one)) as [
      X509Certificate,
      X509Certificate,
    ]
    const isValid =
      end.checkIssued(above) &&
      end.verify(above.publicKey) &&
      above.checkIssued(theirs) &&
      above.verify(theirs.publicKey) &&
      above.ca &&
      [end, above, theirs].every(
        ({ validFrom, validTo }) => Date.parse(validFrom) <= +at && +at <= Date.parse(validTo),
      )
    return isValid ? 3 : 0
  }
  return {
    name: 'path/validate',
    unit: 'chains/s',
    ours: { work: () => ours() && 1 },
    peer: { work: () => peer() && 1 },
    peerName:
      'X509Certificate of node:crypto: issuers, signatures, CA and dates of the same three, and nothing else',
    check() {
      assert.equal(ours(), 3)
      assert.equal(peer(), 3)
    },
  }
}
