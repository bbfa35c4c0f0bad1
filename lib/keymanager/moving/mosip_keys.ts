import { hash } from 'node:crypto'
import { fromPem } from '../../crypto/index.js'
import { isMortiseError, MortiseError } from '../../errors/index.js'
import { type Keystore, native } from '../../native/index.js'
import { type Certificate, parseCertificate } from '../../x509/index.js'
import { openEnvelopeWith, parseEnvelope } from '../envelope.js'
import { type ImportedVersion, requireMatch } from '../importing.js'
import { checkKeyName, type KeyName, layerOf, nameText } from '../key_names.js'
import type { KeymanagerPolicy } from '../policies.js'
import { thumbprintOf } from '../rings.js'
import { readSqlDump, type SqlRow } from './sql_dump.js'

/*
 * What MOSIP's Keymanager has of a key: a row of key_alias, whose id is the alias of the key; the private key under that alias in the
 * keystore, of ROOT, applications and curves; or a row of key_store with the same id: the certificate, and the private key in the envelope
 * of old versions to the key of the keystore that it names, or NA where it is somebody else's.
 */
const tables = ['key_alias', 'key_store', 'key_policy_def'] as const
const foreign = 'NA'
const day = 86_400_000

/** All keys that have borne one name. */
export interface MosipKey extends KeyName {
  /** The oldest first. */
  readonly versions: readonly (ImportedVersion & { readonly row: string })[]
}

/** A row that cannot be moved, and why not. */
export interface NotMoved {
  readonly row: string
  readonly why: string
}

export interface MosipKeys {
  /** ROOT first, then applications: what certifies comes before what it certifies. */
  readonly keys: readonly MosipKey[]
  readonly policies: readonly (KeymanagerPolicy & { readonly application: string })[]
  readonly notMoved: readonly NotMoved[]
  /** Forgets the private keys. */
  wipe(): void
}

/**
 * The keys of a MOSIP Keymanager.
 *
 * @param dump of its database, as text by pg_dump
 * @param keystore PKCS#12
 * @param password of the keystore, UTF-8
 * @throws MORTISE_INPUT_INVALID for what is no dump; MORTISE_CRYPTO_DECRYPTION_FAILED, MORTISE_CRYPTO_KEY_INVALID or
 *   MORTISE_CRYPTO_UNSUPPORTED for a keystore that does not open
 */
export async function readMosipKeys(
  dump: string,
  keystore: Uint8Array,
  password: Uint8Array,
): Promise<MosipKeys> {
  const rows = readSqlDump(dump, tables)
  const opened = await native.readKeystore(keystore, password)
  const secrets: Buffer[] = opened.keys.map(({ pkcs8 }) => pkcs8)
  const found = new Map<string, (ImportedVersion & { row: string; made: number })[]>()
  const names = new Map<string, KeyName>()
  const notMoved: NotMoved[] = []
  const stored = new Map((rows.get('key_store') ?? []).map((row) => [row['id'] ?? '', row]))
  const aliases = rows.get('key_alias') ?? []
  for (const alias of aliases) {
    const name = { application: alias['app_id'] ?? '', reference: alias['ref_id'] ?? '' }
    const row = `key_alias ${alias['id']} (${nameText(name)})`
    try {
      checkKeyName(name)
      const key = await keyOf(alias['id'] ?? '', stored, opened)
      if (key.privateKey) secrets.push(key.privateKey)
      const x509 = parseCertificate(key.certificate)
      await requireMatch(key, x509)
      const text = nameText(name)
      names.set(text, name)
      const made = timeOf(alias['key_gen_dtimes']) ?? 0
      found.set(text, [...(found.get(text) ?? []), { ...key, ...factsOf(alias, x509), row, made }])
    } catch (error) {
      if (!isMortiseError(error)) throw error
      notMoved.push({ row, why: error.message })
    }
  }
  const known = new Set(aliases.map(({ id }) => id ?? ''))
  const nameless = [
    ...[...stored.keys()].filter((id) => !known.has(id)).map((id) => `key_store ${id}`),
    ...opened.keys.filter(({ name }) => !isOneOf(known, name)).map(({ name }) => `keystore ${name}`),
  ]
  for (const row of nameless) notMoved.push({ row, why: 'no row of key_alias has its id' })
  return {
    keys: [...names]
      .sort(([, a], [, b]) => rank(a) - rank(b))
      .map(([text, name]) => ({
        ...name,
        versions: (found.get(text) ?? []).toSorted((a, b) => a.made - b.made),
      })),
    policies: (rows.get('key_policy_def') ?? []).flatMap(policyOf),
    notMoved,
    wipe() {
      for (const secret of secrets) secret.fill(0)
    },
  }
}

function rank(name: KeyName): number {
  return ['root', 'module', 'signing', 'base'].indexOf(layerOf(name))
}

interface FoundKey {
  readonly privateKey: Buffer | null
  readonly certificate: Buffer
}

async function keyOf(id: string, stored: ReadonlyMap<string, SqlRow>, keystore: Keystore): Promise<FoundKey> {
  const row = stored.get(id)
  if (row) {
    const certificate = Buffer.from(fromPem('x509', Buffer.from(row['certificate_data'] ?? '')))
    const wrapped = row['private_key'] ?? ''
    if (wrapped === foreign) return { privateKey: null, certificate }
    return { privateKey: await unwrapped(wrapped, row['master_key'] ?? '', keystore), certificate }
  }
  const key = keystore.keys.find(({ name }) => isAlias(name, id))
  if (key) return { privateKey: Buffer.from(key.pkcs8), certificate: certificateOf(key, keystore) }
  throw notThere(
    keystore.others.some((name) => isAlias(name, id))
      ? 'it is a secret key, which is not moved'
      : 'neither the keystore nor key_store has a key of this id',
  )
}

/** The private key of a reference, under the key of its application. */
async function unwrapped(wrapped: string, id: string, { keys }: Keystore): Promise<Buffer> {
  const by = keys.find(({ name }) => isAlias(name, id))
  if (!by) throw notThere(`the keystore does not have the key ${id} that its private key is under`)
  const envelope = parseEnvelope(Buffer.from(wrapped, 'base64url'))
  if (!envelope) throw notThere('its private key is not in the form of MOSIP: #KEY_SPLITTER# is missing')
  const handle = await native.importEncoded(by.pkcs8, { format: 'pkcs8' })
  try {
    return await openEnvelopeWith(handle, envelope)
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_CRYPTO_DECRYPTION_FAILED')) throw error
    throw notThere(`its private key does not open with the key ${id}`)
  } finally {
    handle.dispose()
  }
}

/** That which has the key's id, else its name. */
function certificateOf({ id, name }: Keystore['keys'][number], { certificates }: Keystore): Buffer {
  const found =
    certificates.find((one) => id.length > 0 && one.id.equals(id)) ??
    certificates.find((one) => isAlias(one.name, name))
  if (found) return found.der
  throw notThere('the keystore has no certificate of the key')
}

/** What else the row says of the key. */
function factsOf(
  alias: SqlRow,
  { der, notAfter }: Certificate,
): Pick<ImportedVersion, 'keyId' | 'before' | 'ended'> {
  const identifier = alias['uni_ident'] ?? ''
  const thumbprint = (alias['cert_thumbprint'] ?? '').toLowerCase()
  const expired = timeOf(alias['key_expire_dtimes'])
  return {
    ...(/^[\dA-F]{40}$/i.test(identifier) && {
      keyId: hash('sha256', Buffer.from(identifier, 'hex'), 'base64url'),
    }),
    ...(/^[\da-f]{64}$/.test(thumbprint) && thumbprint !== thumbprintOf(der) && { before: [thumbprint] }),
    // A revoked key ends so; of others the two are the same time, and the zone of the row is not known.
    ...(expired !== undefined && expired < notAfter.getTime() - day && { ended: expired }),
  }
}

function policyOf(row: SqlRow): MosipKeys['policies'] {
  const [days, preExpireDays] = [Number(row['key_validity_duration']), Number(row['pre_expire_days'] ?? 0)]
  if (!/^t/i.test(row['is_active'] ?? '') || !(days > 0)) return []
  return [{ application: row['app_id'] ?? '', days, preExpireDays }]
}

/** Milliseconds since 1970 of a timestamp of PostgreSQL; MOSIP's are UTC. */
function timeOf(text: string | null | undefined): number | undefined {
  const time = Date.parse(`${(text ?? '').replace(' ', 'T').replace(/[+-]\d\d$/, '')}Z`)
  return Number.isNaN(time) ? undefined : time
}

/** Java writes aliases in lower case. */
function isAlias(name: string, id: string): boolean {
  return name.toLowerCase() === id.toLowerCase()
}

function isOneOf(ids: ReadonlySet<string>, name: string): boolean {
  return [...ids].some((id) => isAlias(name, id))
}

function notThere(message: string): MortiseError {
  return new MortiseError('MORTISE_KEYMANAGER_KEY_MISSING', message)
}
