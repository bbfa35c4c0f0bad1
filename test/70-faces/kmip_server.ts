import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import pino from 'pino'
import type { Test } from 'tap'
import { type KeyManager, openKeyManager, type Policy } from '../../lib/core/index.js'
import { buildServer } from '../../lib/server/http.js'
import { loadConfig } from '../../lib/server/index.js'
import type { Patience } from '../../lib/server/kmip_connection.js'
import { kmipEngine } from '../../lib/server/kmip_engine.js'
import { KmipListener } from '../../lib/server/kmip_listener.js'
import { openTls } from '../../lib/server/tls.js'
import { make, makeAuthority, type Request } from '../15-x509/authority.js'
import { commonName } from '../15-x509/der.js'
import { temporary } from '../80-server/house.js'
import { pem, type Shown, shown } from '../support/tls_clients.js'

/** Valid now, whenever that is. */
const always: Request = { notBefore: '20200101000000Z', notAfter: '20990101000000Z' }

interface Starting {
  readonly policy?: Policy
  readonly flags?: Readonly<Record<string, string>>
  readonly patience?: Patience
}

/** A KMIP listener on a new store, and a client that its certificate proves to be ann, an administrator. */
export class KmipServer {
  readonly port: number
  readonly keyManager: KeyManager
  readonly client: Shown
  /** Of a client that nobody has let in. */
  readonly stranger: Shown
  /** Files with the certificate of the root, the client's and its key. */
  readonly files: { readonly root: string; readonly certificate: string; readonly key: string }
  readonly listener: KmipListener

  private constructor(parts: Omit<KmipServer, 'connect' | 'ask'>) {
    this.port = parts.port
    this.keyManager = parts.keyManager
    this.client = parts.client
    this.stranger = parts.stranger
    this.files = parts.files
    this.listener = parts.listener
  }

  static async start(
    t: Test,
    { policy = 'approved', flags = {}, patience }: Starting = {},
  ): Promise<KmipServer> {
    const folder = await temporary(t)
    const root = makeAuthority('clients', always)
    const own = shown(make({ subject: commonName('localhost'), issuer: root, ...always }))
    const client = shown(make({ subject: commonName('ann'), issuer: root, ...always }))
    const stranger = shown(make({ subject: commonName('stranger'), issuer: root, ...always }))
    const path = (name: string) => join(folder, name)
    const texts = {
      'own.pem': own.cert,
      'own-key.pem': own.key,
      'root.pem': pem(root.der),
      'client.pem': client.cert,
      'client-key.pem': client.key,
    }
    for (const [name, text] of Object.entries(texts)) await writeFile(path(name), text)
    const keyManager = await openKeyManager({ directory: join(folder, 'data'), policy })
    await keyManager.ensurePrincipal({ name: 'admin', roles: ['administrator'] })
    const admin = await keyManager.as('admin')
    await admin.createPrincipal({ name: 'ann', roles: ['administrator'], certificateSubject: 'CN=ann' })
    await admin.createConnection({
      name: 'clients',
      kind: 'certificate',
      settings: { authorities: pem(root.der) },
    })
    const { settings } = loadConfig({
      flags: {
        '--tls-certificate': path('own.pem'),
        '--tls-key': path('own-key.pem'),
        '--kmip-host': '127.0.0.1',
        '--kmip-port': '0',
        '--faces-kmip': 'true',
        '--limits-failures': '0',
        ...flags,
      },
      environment: {},
      workingDirectory: folder,
    })
    const log = pino({ level: 'silent' })
    const tls = await openTls(keyManager, settings, log)
    if (!tls) throw new Error('there is no TLS')
    const engine = kmipEngine(keyManager, settings, log)
    const app = await buildServer(keyManager, settings, log, { tls, engine })
    await app.ready()
    const listener = await KmipListener.start(keyManager, settings, log, {
      ...{ app, tls, engine },
      ...(patience && { patience }),
    })
    t.teardown(async () => {
      await listener.close()
      await app.close()
      await keyManager.close()
    })
    return new KmipServer({
      port: Number(listener.address.split(':').at(-1)),
      keyManager,
      client,
      stranger,
      listener,
      files: { root: path('root.pem'), certificate: path('client.pem'), key: path('client-key.pem') },
    })
  }

  /** A connection, with the client's certificate unless said otherwise. */
  async connect(t: Test, options: ConnectionOptions = this.client): Promise<TLSSocket> {
    const socket = connect({ port: this.port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
    t.teardown(() => socket.destroy())
    socket.on('error', () => undefined)
    await once(socket, 'secureConnect')
    return socket
  }

  /** Sends bytes over a new connection and gathers what comes back until the server ends it, or has answered so many messages. */
  async ask(t: Test, bytes: Buffer, answers = 1, options?: ConnectionOptions): Promise<Buffer[]> {
    const socket = await this.connect(t, options)
    socket.write(bytes)
    const found = await answersOf(socket, answers)
    socket.destroy()
    return found
  }
}

/** The next messages that come, or those that came before the end. */
export async function answersOf(socket: TLSSocket, count: number): Promise<Buffer[]> {
  let bytes = Buffer.alloc(0)
  const found: Buffer[] = []
  const take = () => {
    while (found.length < count && bytes.length >= 8 && bytes.length >= 8 + bytes.readUInt32BE(4)) {
      const end = 8 + bytes.readUInt32BE(4)
      found.push(bytes.subarray(0, end))
      bytes = bytes.subarray(end)
    }
    return found.length === count
  }
  if (socket.readableEnded) return found
  await new Promise<void>((resolve) => {
    const done = () => {
      socket.off('data', more).off('end', done).off('close', done)
      resolve()
    }
    const more = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      if (take()) done()
    }
    socket.on('data', more)
    socket.once('end', done)
    socket.once('close', done)
  })
  return found
}
