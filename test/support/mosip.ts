/** What a MOSIP Keymanager leaves behind: its database and keystore, in the forms of its sources, by other hands than the product's. */
import {
  constants,
  createCipheriv,
  createHash,
  createHmac,
  createSign,
  generateKeyPairSync,
  type KeyObject,
  pbkdf2Sync,
  publicEncrypt,
  randomBytes,
  randomUUID,
} from 'node:crypto'

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
const splitter = Buffer.from('#KEY_SPLITTER#')
const day = 86_400_000

export interface MosipKey {
  readonly alias: string
  readonly application: string
  readonly reference: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly certificate: Buffer
  /** Of the keystore; else under the key of its application, or nobody's. */
  readonly parent: MosipKey | undefined
  readonly place: 'keystore' | 'database' | 'foreign'
  readonly made: Date
  readonly expires: Date
  readonly kid: string
}

interface Wanted {
  readonly parent?: MosipKey
  readonly place?: MosipKey['place']
  readonly made?: string
  readonly days?: number
  /** Days after its making on which it was revoked. */
  readonly revoked?: number
  readonly kind?: 'ed25519'
}

export class Mosip {
  readonly keys: MosipKey[] = []
  readonly #stored = new Map<string, string>()
  readonly #secrets: string[] = []

  add(application: string, reference: string, wanted: Wanted = {}): MosipKey {
    const { parent, place = 'keystore', made = '2029-06-01T10:00:00Z', days = 1095, revoked } = wanted
    const pair =
      wanted.kind === undefined
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ed25519')
    const from = new Date(made)
    const ends = new Date(from.getTime() + days * day)
    const subject = reference === '' ? application : `${application}-${reference}`
    const signer = { name: parent ? nameOf(parent) : subject, key: parent?.privateKey ?? pair.privateKey }
    const certificate = certificateOf(subject, pair.publicKey, from, ends, signer)
    const identifier = uniqueIdentifier(application, reference, from)
    const key: MosipKey = {
      ...{ alias: randomUUID(), application, reference, ...pair, certificate, parent, place, made: from },
      expires: revoked === undefined ? ends : new Date(from.getTime() + revoked * day),
      kid: createHash('sha256').update(Buffer.from(identifier, 'hex')).digest('base64url'),
    }
    this.keys.push(key)
    if (place === 'database' && parent) this.#stored.set(key.alias, wrapped(key.privateKey, parent.publicKey))
    return key
  }

  /** Puts another private key in the place of a key's, under one of the keystore. */
  replace({ alias }: MosipKey, by: MosipKey): void {
    this.#stored.set(alias, wrapped(generateKeyPairSync('ed25519').privateKey, by.publicKey))
  }

  /** An AES key in the keystore, for IDENTITY_CACHE. */
  addSecret(): string {
    const alias = randomUUID()
    this.#secrets.push(alias)
    return alias
  }

  dump(form: 'copy' | 'insert' | 'columns', more: readonly (readonly string[])[] = []): string {
    const aliases = [
      ...this.keys.map((key) => [
        ...[key.alias, key.application, key.reference, sqlTime(key.made), sqlTime(key.expires), null, 'x'],
        createHash('sha256').update(key.certificate).digest('hex').toUpperCase(),
        uniqueIdentifier(key.application, key.reference, key.made),
      ]),
      ...this.#secrets.map((alias) => [alias, 'KERNEL', 'IDENTITY_CACHE', null, null, null, 'x', null, null]),
      ...more,
    ]
    const stored = this.keys
      .filter(({ place }) => place !== 'keystore')
      .map(({ alias, parent, place, certificate }) => [
        ...[alias, place === 'foreign' ? alias : (parent?.alias ?? '')],
        place === 'foreign' ? 'NA' : (this.#stored.get(alias) ?? ''),
        pemOf(certificate),
        "o'brien\\",
      ])
    const policies = [
      ['ROOT', '2920', 't', '1125', 'NA'],
      ['OURS', '400', 't', '40', 'NA'],
      ['ENDED', '400', 'f', '40', 'NA'],
    ]
    return [
      '--\n-- PostgreSQL database dump; not the end\n--\n',
      '\\restrict x\n',
      "SET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', false);",
      createTable('key_alias', aliasColumns),
      createTable('key_store', storeColumns),
      createTable('key_policy_def', policyColumns),
      "COMMENT ON COLUMN keymgr.key_alias.id IS 'It''s COPY keymgr.key_alias (id) FROM stdin; or not';",
      table('licensekey_list', ['id'], [['INSERT INTO keymgr.key_alias VALUES (1);']], form),
      table('key_alias', aliasColumns, aliases, form),
      table('key_policy_def', policyColumns, policies, form),
      table('key_store', storeColumns, stored, form),
      '-- PostgreSQL database dump complete\n',
    ].join('\n')
  }

  keystore(password: string): Buffer {
    return pkcs12(
      this.keys
        .filter(({ place }) => place === 'keystore')
        .map(({ alias, privateKey, certificate }) => ({ alias, privateKey, certificate })),
      this.#secrets,
      password,
    )
  }
}

/** MOSIP's: the same for all that is made of a name on one day. */
function uniqueIdentifier(application: string, reference: string, made: Date): string {
  const [year, month, date] = made.toISOString().slice(0, 10).split('-')
  const text = `${application}_${reference}_${month}-${date}-${year}`
  return createHash('sha1').update(text).digest('hex').toUpperCase()
}

function wrapped(key: KeyObject, by: KeyObject): string {
  const [secret, iv] = [randomBytes(32), randomBytes(16)]
  const cipher = createCipheriv('aes-256-gcm', secret, iv)
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' })
  const sealed = Buffer.concat([cipher.update(pkcs8), cipher.final(), cipher.getAuthTag()])
  return Buffer.concat([publicEncrypt({ key: by, ...oaep }, secret), splitter, sealed, iv]).toString(
    'base64url',
  )
}

/** An envelope with a salt, as clients have kept them. */
export function sealedTo({ publicKey, certificate }: MosipKey, plaintext: string, iv: Buffer): Buffer {
  const secret = randomBytes(32)
  const cipher = createCipheriv('aes-256-gcm', secret, iv)
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  const thumbprint = createHash('sha256').update(certificate).digest()
  return Buffer.concat([thumbprint, publicEncrypt({ key: publicKey, ...oaep }, secret), splitter, sealed])
}

const aliasColumns = [
  ...['id', 'app_id', 'ref_id', 'key_gen_dtimes', 'key_expire_dtimes', 'status_code', 'cr_by'],
  ...['cert_thumbprint', 'uni_ident'],
]
const storeColumns = ['id', 'master_key', 'private_key', 'certificate_data', 'cr_by']
const policyColumns = ['app_id', 'key_validity_duration', 'is_active', 'pre_expire_days', 'access_allowed']

type Row = readonly (string | null)[]

function createTable(name: string, columns: readonly string[]): string {
  const lines = columns.map((column) => `    ${column} character varying(36) DEFAULT ('a, b')`)
  return `CREATE TABLE keymgr.${name} (\n${lines.join(',\n')},\n    CONSTRAINT pk UNIQUE (id, app_id)\n);`
}

function table(name: string, columns: readonly string[], rows: readonly Row[], form: string): string {
  if (form === 'copy') {
    const lines = rows.map((row) => row.map(copied).join('\t'))
    return [`COPY keymgr.${name} (${columns.join(', ')}) FROM stdin;`, ...lines, '\\.\n'].join('\n')
  }
  const tuples = rows.map((row) => `(${row.map(quoted).join(', ')})`)
  if (form === 'insert')
    return tuples.map((tuple) => `INSERT INTO keymgr.${name} VALUES ${tuple};`).join('\n')
  const names = columns.map((column) => `"${column}"`).join(', ')
  return `INSERT INTO keymgr."${name}" (${names}) VALUES\n\t${tuples.join(',\n\t')};`
}

function copied(value: string | null): string {
  if (value === null) return '\\N'
  return value
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
}

function quoted(value: string | null): string {
  if (value === null) return 'NULL'
  return /^\d+$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`
}

function sqlTime(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', '')
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\r\n${lines.join('\r\n')}\r\n-----END CERTIFICATE-----\r\n`
}

// DER, as far as it takes.

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts)
  const size = value.length
  const bytes =
    size < 0x80
      ? []
      : [...Buffer.from(size.toString(16).padStart(size > 0xffff ? 6 : size > 0xff ? 4 : 2, '0'), 'hex')]
  return Buffer.concat([
    Buffer.from([tag, ...(bytes.length > 0 ? [0x80 | bytes.length, ...bytes] : [size])]),
    value,
  ])
}
const sequence = (...parts: readonly Uint8Array[]) => tlv(0x30, ...parts)
const set = (...parts: readonly Uint8Array[]) => tlv(0x31, ...parts)
const octets = (bytes: Uint8Array) => tlv(0x04, bytes)
const integer = (value: number) =>
  tlv(0x02, Buffer.from(value.toString(16).padStart(value > 0x7fff ? 6 : value > 0x7f ? 4 : 2, '0'), 'hex'))
const none = tlv(0x05)

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const arcs = [first * 40 + second, ...rest].flatMap((arc) => {
    const bytes = [arc & 0x7f]
    for (let left = arc >>> 7; left > 0; left >>>= 7) bytes.unshift(0x80 | (left & 0x7f))
    return bytes
  })
  return tlv(0x06, Buffer.from(arcs))
}

function nameOf({ application, reference }: MosipKey): string {
  return reference === '' ? application : `${application}-${reference}`
}

/** Of a name, by another. */
export function certificateOf(
  subject: string,
  publicKey: KeyObject,
  from: Date,
  to: Date,
  by: { readonly name: string; readonly key: KeyObject },
): Buffer {
  const name = (text: string) => sequence(set(sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(text)))))
  const time = (date: Date) =>
    tlv(0x17, Buffer.from(`${date.toISOString().replaceAll(/[-T:]/g, '').slice(2, 14)}Z`))
  const algorithm = sequence(oid('1.2.840.113549.1.1.11'), none)
  const basic = sequence(
    oid('2.5.29.19'),
    tlv(0x01, Buffer.from([0xff])),
    octets(sequence(tlv(0x01, Buffer.from([0xff])))),
  )
  const body = sequence(
    ...[tlv(0xa0, integer(2)), tlv(0x02, Buffer.from([0x11, ...randomBytes(8)])), algorithm, name(by.name)],
    ...[sequence(time(from), time(to)), name(subject)],
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(basic)),
  )
  const signature = createSign('sha256').update(body).sign(by.key)
  return sequence(body, algorithm, tlv(0x03, Buffer.from([0]), signature))
}

const data = '1.2.840.113549.1.7.1'
const bags = {
  key: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
  secret: '1.2.840.113549.1.12.10.1.5',
}

/** PKCS#12 (RFC 7292) as Java 17 writes it: PBES2 with AES-256, a MAC with SHA-256, the aliases in lower case. */
function pkcs12(
  keys: readonly { readonly alias: string; readonly privateKey: KeyObject; readonly certificate: Buffer }[],
  secrets: readonly string[],
  password: string,
): Buffer {
  const attributes = (alias: string, id?: Buffer) =>
    set(
      sequence(
        oid('1.2.840.113549.1.9.20'),
        set(tlv(0x1e, Buffer.from(alias.toLowerCase(), 'utf16le').swap16())),
      ),
      ...(id ? [sequence(oid('1.2.840.113549.1.9.21'), set(octets(id)))] : []),
    )
  const bag = (type: string, value: Buffer, alias: string, id?: Buffer) =>
    sequence(oid(type), tlv(0xa0, value), attributes(alias, id))
  const ids = keys.map((_, i) => Buffer.from(`Time ${i}`))
  const shrouded = keys.map(({ alias, privateKey }, i) =>
    bag(
      bags.key,
      privateKey.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: password }),
      alias,
      ids[i],
    ),
  )
  const hidden = secrets.map((alias) =>
    bag(bags.secret, sequence(oid(bags.key), tlv(0xa0, octets(randomBytes(60)))), alias),
  )
  const certified = keys.map(({ alias, certificate }, i) =>
    bag(
      bags.certificate,
      sequence(oid('1.2.840.113549.1.9.22.1'), tlv(0xa0, octets(certificate))),
      alias,
      ids[i],
    ),
  )
  const content = sequence(
    sequence(oid(data), tlv(0xa0, octets(sequence(...shrouded, ...hidden)))),
    sequence(oid('1.2.840.113549.1.7.6'), tlv(0xa0, encryptedData(sequence(...certified), password))),
  )
  const salt = randomBytes(20)
  const mac = createHmac('sha256', macKey(password, salt)).update(content).digest()
  const digest = sequence(sequence(oid('2.16.840.1.101.3.4.2.1'), none), octets(mac))
  return sequence(
    integer(3),
    sequence(oid(data), tlv(0xa0, octets(content))),
    sequence(digest, octets(salt), integer(rounds)),
  )
}

const rounds = 10_000

function encryptedData(plaintext: Buffer, password: string): Buffer {
  const [salt, iv] = [randomBytes(20), randomBytes(16)]
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(password, salt, rounds, 32, 'sha256'), iv)
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  const derived = sequence(
    oid('1.2.840.113549.1.5.12'),
    sequence(octets(salt), integer(rounds), integer(32), sequence(oid('1.2.840.113549.2.9'), none)),
  )
  const encrypted = sequence(oid('2.16.840.1.101.3.4.1.42'), octets(iv))
  const algorithm = sequence(oid('1.2.840.113549.1.5.13'), sequence(derived, encrypted))
  return sequence(integer(0), sequence(oid(data), algorithm, tlv(0x80, ciphertext)))
}

/** RFC 7292 appendix B.2 for one block of SHA-256. */
function macKey(password: string, salt: Buffer): Buffer {
  const filled = (bytes: Buffer) => Buffer.alloc(Math.ceil(bytes.length / 64) * 64, bytes)
  const text = Buffer.from(`${password}\0`, 'utf16le').swap16()
  let key = Buffer.concat([Buffer.alloc(64, 3), filled(salt), filled(text)])
  for (let round = 0; round < rounds; round++) key = createHash('sha256').update(key).digest()
  return key
}
