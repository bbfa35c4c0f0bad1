import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Attribute, Client } from 'ldapts'
import type { Test } from 'tap'

const program = '/usr/sbin/slapd'
export const slapdIsThere = existsSync(program)

export const suffix = 'dc=example,dc=org'
/** Who may search, and see no password. */
export const reader = { dn: `cn=reader,${suffix}`, password: 'reader secret' }
const root = { dn: `cn=root,${suffix}`, password: 'root secret' }

type Attributes = Readonly<Record<string, string | Buffer | readonly string[]>>

/** A directory of Debian's slapd on loopback, as empty as nobody has filled it, that goes with the test. */
export class Slapd {
  readonly ldap: string
  readonly ldaps: string
  /** PEM of the certificate that it serves, for 127.0.0.1 and localhost. */
  readonly certificate: string
  readonly #folder: string
  #child: ChildProcess | undefined

  private constructor(folder: string, certificate: string, ports: readonly number[]) {
    this.#folder = folder
    this.certificate = certificate
    this.ldap = `ldap://127.0.0.1:${ports[0]}`
    this.ldaps = `ldaps://127.0.0.1:${ports[1]}`
  }

  static async start(t: Test): Promise<Slapd> {
    const folder = await mkdtemp(join(tmpdir(), 'mortise-slapd-'))
    await mkdir(join(folder, 'data'))
    const certificate = await selfSigned(folder)
    await writeFile(join(folder, 'slapd.conf'), configuration(folder))
    const slapd = new Slapd(folder, certificate, [await freePort(), await freePort()])
    t.teardown(async () => {
      await slapd.stop()
      await rm(folder, { recursive: true, force: true })
    })
    await slapd.begin()
    await slapd.add(suffix, { objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' })
    await slapd.add(reader.dn, {
      objectClass: ['organizationalRole', 'simpleSecurityObject'],
      cn: 'reader',
      userPassword: reader.password,
    })
    // It keeps each failed bind, and locks nobody for them.
    await slapd.add(`cn=policy,${suffix}`, {
      objectClass: ['device', 'pwdPolicy'],
      cn: 'policy',
      pwdAttribute: 'userPassword',
      pwdLockout: 'TRUE',
      pwdMaxFailure: '1000',
    })
    for (const ou of ['people', 'groups']) {
      await slapd.add(`ou=${ou},${suffix}`, { objectClass: 'organizationalUnit', ou })
    }
    return slapd
  }

  /** Starts it, or starts it again. */
  async begin(): Promise<void> {
    const args = ['-d', '0', '-f', join(this.#folder, 'slapd.conf'), '-h', `${this.ldap} ${this.ldaps}`]
    this.#child = spawn(program, args, { stdio: 'ignore' })
    await Promise.all([this.ldap, this.ldaps].map((url) => listening(Number(new URL(url).port))))
  }

  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child) return
    const end = once(child, 'close')
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    await end
  }

  /** Answers nobody until it goes on. */
  async hang(): Promise<void> {
    const { pid } = this.#child ?? {}
    this.#child?.kill('SIGSTOP')
    while (!/^State:\s+T/m.test(await readFile(`/proc/${pid}/status`, 'utf8'))) await sleep(5)
  }

  goOn(): void {
    this.#child?.kill('SIGCONT')
  }

  add(dn: string, attributes: Attributes): Promise<void> {
    const values = (value: Attributes[string]) => (Array.isArray(value) ? value : [value])
    return this.asRoot((client) =>
      client.add(
        dn,
        Object.entries(attributes).map(([type, value]) => new Attribute({ type, values: values(value) })),
      ),
    )
  }

  /** How often a password was tried that was not an entry's, since the last that was. */
  async failures(dn: string): Promise<number> {
    const { searchEntries } = await this.asRoot((client) =>
      client.search(dn, { scope: 'base', attributes: ['pwdFailureTime'] }),
    )
    return [searchEntries[0]?.['pwdFailureTime'] ?? []].flat().length
  }

  async asRoot<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const client = new Client({ url: this.ldap })
    try {
      await client.bind(root.dn, root.password)
      return await work(client)
    } finally {
      await client.unbind()
    }
  }
}

/** One who may have several names outside the usual ones. */
export function person(uid: string, attributes: Attributes = {}): Attributes {
  return {
    objectClass: ['inetOrgPerson', 'adAccount'],
    uid,
    cn: `${uid} of Example`,
    sn: uid,
    mail: `${uid}@example.org`,
    userPassword: passwordOf(uid),
    ...attributes,
  }
}

export function passwordOf(uid: string): string {
  return `the password of ${uid}`
}

function configuration(folder: string): string {
  const schemas = ['core', 'cosine', 'inetorgperson', 'nis']
  return `${schemas.map((name) => `include /etc/ldap/schema/${name}.schema`).join('\n')}
# As Active Directory has them.
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.99999.1 NAME 'adAccount' SUP top AUXILIARY MAY ( objectGUID $ userPrincipalName $ sAMAccountName ) )
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
TLSCertificateFile ${folder}/certificate.pem
TLSCertificateKeyFile ${folder}/key.pem
# What many directories do: a bind without a password succeeds, as nobody.
allow bind_anon_dn
database mdb
suffix ${suffix}
rootdn ${root.dn}
rootpw "${root.password}"
directory ${folder}/data
dbnosync
overlay memberof
overlay ppolicy
ppolicy_default cn=policy,${suffix}
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree="ou=open,${suffix}" by * read
access to * by dn.exact="${reader.dn}" read by self read by * auth
`
}

async function selfSigned(folder: string): Promise<string> {
  const path = join(folder, 'certificate.pem')
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=directory', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
    ...['-keyout', join(folder, 'key.pem'), '-out', path],
  ])
  return readFile(path, 'utf8')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch (error) {
      if (tries > 200) throw error
      await sleep(50)
    } finally {
      socket.destroy()
    }
  }
}
