import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { extension, make, makeAuthority, oids } from '../15-x509/authority.js'
import { commonName, der, oid, sequence } from '../15-x509/der.js'
import { temporary } from '../80-server/house.js'
import { packageRoot } from '../support/package_root.js'
import { pem, type Shown, shown } from '../support/tls_clients.js'

const python = '/usr/bin/python3'
export const isPykmipThere = existsSync('/usr/lib/python3/dist-packages/kmip')

const always = { notBefore: '20200101000000Z', notAfter: '20990101000000Z' }
/** RFC 5280 section 4.2.1.6: the address 127.0.0.1. */
const loopback = extension(oids.subjectAltName, sequence(der(0x87, Buffer.of(127, 0, 0, 1))))
/** What PyKMIP's server asks of its clients: id-kp-clientAuth. */
const forClients = extension(oids.extKeyUsage, sequence(oid('1.3.6.1.5.5.7.3.2')))

/** Debian's PyKMIP server over mutual TLS, with its database in a temporary folder. */
export class PykmipServer {
  readonly address: string
  readonly port: number
  /** Files. */
  readonly root: string
  readonly certificate: string
  readonly key: string

  private constructor(port: number, path: (name: string) => string) {
    this.port = port
    this.address = `127.0.0.1:${port}`
    this.root = path('root.pem')
    this.certificate = path('client.pem')
    this.key = path('client-key.pem')
  }

  static async start(t: Test): Promise<PykmipServer> {
    const folder = await temporary(t)
    const path = (name: string) => join(folder, name)
    const root = makeAuthority('root', always)
    const own = shown(
      make({ subject: commonName('localhost'), issuer: root, extensions: [loopback], ...always }),
    )
    const client = shown(
      make({ subject: commonName('ann'), issuer: root, extensions: [forClients], ...always }),
    )
    const port = await freePort()
    const settings = {
      hostname: '127.0.0.1',
      port,
      certificate_path: path('own.pem'),
      key_path: path('own-key.pem'),
      ca_path: path('root.pem'),
      auth_suite: 'TLS1.2',
      policy_path: folder,
      enable_tls_client_auth: 'True',
      logging_level: 'ERROR',
      database_path: path('pykmip.db'),
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
    const files = {
      'own.pem': own.cert,
      'own-key.pem': own.key,
      'root.pem': pem(root.der),
      'client.pem': client.cert,
      'client-key.pem': client.key,
      'pykmip.conf': `[server]\n${lines.join('')}`,
    }
    for (const [name, text] of Object.entries(files)) await writeFile(path(name), text)
    const child = spawn(
      python,
      ['-W', 'ignore', '/usr/bin/pykmip-server', '-f', path('pykmip.conf'), '-l', path('pykmip.log')],
      { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
    )
    // It has a process of its own beside it, which would go on.
    const kill = () => {
      if (!hasEnded(child) && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }
    process.once('exit', kill)
    t.teardown(async () => {
      const ended = once(child, 'exit')
      kill()
      await ended
    })
    let said = ''
    child.stderr.on('data', (text) => {
      said += text
    })
    while (!(await listens(port, client))) {
      if (hasEnded(child)) throw new Error(`PyKMIP's server has ended: ${said}`)
      await setTimeout(50)
    }
    return new PykmipServer(port, path)
  }

  /** Runs a script of PyKMIP's client against it: what it prints. */
  async run(script: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(python, [
      '-W',
      'ignore',
      join(packageRoot, 'test/70-faces', script),
      String(this.port),
      this.root,
      this.certificate,
      this.key,
      ...args,
    ])
    return stdout
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** With TLS: a connection without a word of it would hold the server up. */
async function listens(port: number, client: Shown): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...client })
  try {
    await once(socket, 'secureConnect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
