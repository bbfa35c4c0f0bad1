import type { KeySpec, PolicyMark } from '../crypto/index.js'
import type { EncodedKey } from '../hsm/index.js'
import { judge, newCertificateRow, newId, newRow, traitsOf, undone } from '../keys/index.js'
import { native } from '../native/index.js'
import type { ObjectRow, ObjectType, Prepared, Usage } from '../operation/index.js'
import { type Certificate, parseCertificate } from '../x509/index.js'
import { type KeyInfo, keyInfo } from './info.js'
import { checkKeyName, type KeyName, objectName } from './key_names.js'
import { forName, type Heritage, inheritedGrants, providerOf } from './making.js'
import { refused } from './operations/install_certificate.js'
import { type KeyRing, keyIdOf, thumbprintOf } from './rings.js'
import type { KeymanagerServices } from './services.js'

/** A key of an application that was made elsewhere. */
export interface ImportedVersion {
  /** PKCS#8, DER, which the caller wipes; null of somebody else's key. */
  readonly privateKey: Uint8Array | null
  /** DER. */
  readonly certificate: Uint8Array
  /** What the `kid` of its signatures says. Default: as of keys that are made here. */
  readonly keyId?: string | undefined
  /** SHA-256 of certificates that it had before, hexadecimal: old envelopes name them. */
  readonly before?: readonly string[] | undefined
  /** When it stopped protecting, where that was before its certificate ends: milliseconds since 1970. */
  readonly ended?: number | undefined
}

interface Read extends ImportedVersion {
  readonly x509: Certificate
}

type Part = 'private' | 'public' | 'certificate'

/**
 * Takes in keys of one name, the oldest first: all of them or none. Those that are here already stay as they are, and what is here already
 * stays the newest.
 *
 * @returns what was taken in
 * @throws MORTISE_KEYMANAGER_CERTIFICATE for a key that its certificate is not of, MORTISE_X509_INVALID, MORTISE_CRYPTO_KEY_INVALID
 */
export async function importVersions(
  services: KeymanagerServices,
  name: KeyName,
  given: readonly ImportedVersion[],
  { owner, grantsOf }: Heritage,
): Promise<Prepared<readonly KeyInfo[]>> {
  checkKeyName(name)
  const ring = await services.rings.read(name)
  const fresh = given
    .map((one): Read => ({ ...one, x509: parseCertificate(one.certificate) }))
    .filter((one) => !isHere(ring, one))
  if (fresh.length === 0) return { answer: [] }
  for (const one of fresh) await requireMatch(one, one.x509)
  const provider = services.provider(providerOf(services, name))
  const made: Made[] = []
  // Of the keys alone, which a token may have.
  const keys: ObjectRow[] = []
  const abandon = () => undone(provider, keys)()
  try {
    for (const one of fresh) {
      const isNewest = ring.versions.length === 0 && made.length === fresh.length - 1
      made.push(await madeOf(services, name, one, { owner, isNewest, before: made, keys }))
    }
    const grantsFor = await inheritedGrants(services, grantsOf)
    const families = new Set(made.flatMap(({ rows }) => rows.map(({ family }) => family)))
    const versions = made.map(({ version }) => version)
    return {
      answer: versions.map((version) => keyInfo(name, version)),
      rows: {
        objects: made.flatMap(({ rows }) => rows.map((row) => ({ row }))),
        grants: grantsFor([...families]),
        records: [services.rings.write(ring, [...versions, ...ring.versions])],
      },
      object: versions.at(-1)?.certificate ?? '',
      detail: {
        application: name.application,
        reference: name.reference,
        serials: versions.map(({ x509 }) => x509.serialNumber),
        ...Object.assign({}, ...made.map(({ mark }) => mark)),
      },
      abandon,
    }
  } catch (error) {
    abandon()
    throw error
  }
}

interface Made {
  readonly version: Parameters<typeof keyInfo>[1] & { readonly before?: readonly string[] }
  readonly rows: readonly ObjectRow[]
  readonly families: Readonly<Record<Part, string | null>>
  readonly mark: PolicyMark
}

interface Place {
  readonly owner: string
  /** Whether it bears the names. */
  readonly isNewest: boolean
  /** What was made of this name before it, in the same families. */
  readonly before: readonly Made[]
  /** Gets the rows of keys as soon as they are made. */
  readonly keys: ObjectRow[]
}

async function madeOf(
  services: KeymanagerServices,
  name: KeyName,
  { privateKey, x509, keyId, before: thumbprints, ended }: Read,
  { owner, isNewest, before, keys }: Place,
): Promise<Made> {
  const serial = before.length + 1
  const kindred = (part: Part) =>
    before.find(({ families }) => families[part] !== null)?.families[part] ?? undefined
  const named = (part: Part) => (isNewest ? { name: objectName(part, name) } : {})
  const ids = { private: privateKey ? newId() : null, public: newId() }
  const links = { publicKey: ids.public, ...(ids.private !== null && { privateKey: ids.private }) }
  const certificateRow = newCertificateRow(services, { id: owner }, x509.der, {
    ...named('certificate'),
    ...{ purpose: 'keymanager', serial, family: kindred('certificate'), links },
  })
  const key = async (part: 'private' | 'public', id: string, encoded: EncodedKey) => {
    const family = kindred(part)
    const provider = services.provider(privateKey ? providerOf(services, name) : 'software')
    const meant = (spec: KeySpec) => (privateKey ? forName(name, spec) : spec)
    const given = (type: ObjectType, spec: KeySpec) => ({
      ...named(part),
      ...(ended !== undefined && datesUntil(x509, ended)),
      usage: (meant(spec).algorithm.usages[type] ?? []).filter(
        (usage) => privateKey || theirUsages.includes(usage),
      ),
    })
    const { type, spec, material } = await provider.importKey(encoded, { id, serial }, (type, spec) =>
      traitsOf(type, meant(spec), given(type, spec), provider.name),
    )
    const { publicKey, privateKey: other } = links
    const row = newRow(
      services,
      {
        ...{ id, type, material, serial, spec: meant(spec), provider: provider.name, owner: { id: owner } },
        ...{ purpose: 'keymanager', publicKey: x509.publicKey.der },
        ...(family !== undefined && { family }),
        links: {
          ...(part === 'private' ? { publicKey } : other !== undefined && { privateKey: other }),
          certificate: certificateRow.id,
        },
      },
      given(type, spec),
    )
    keys.push(row)
    return { row, mark: judge(services, 'process', spec) }
  }
  const ofPrivate =
    privateKey && ids.private !== null
      ? [await key('private', ids.private, { format: 'pkcs8', bytes: privateKey })]
      : []
  const made = [...ofPrivate, await key('public', ids.public, { format: 'spki', bytes: x509.publicKey.der })]
  return {
    version: {
      ...{ privateKey: ids.private, publicKey: ids.public, certificate: certificateRow.id, x509 },
      ...(keyId !== undefined && keyId !== keyIdOf(x509) && { importedId: keyId }),
      ...(thumbprints && thumbprints.length > 0 && { before: thumbprints }),
    },
    rows: [...made.map(({ row }) => row), certificateRow],
    families: { ...ids, certificate: certificateRow.id },
    mark: Object.assign({}, ...made.map(({ mark }) => mark)),
  }
}

/** Somebody else's key verifies and is encrypted to, as far as it can. */
const theirUsages: readonly Usage[] = ['Verify', 'Encrypt']

function isHere({ versions }: KeyRing, { privateKey, x509 }: Read): boolean {
  const [id, digest] = [keyIdOf(x509), thumbprintOf(x509.der)]
  return versions.some((one) =>
    privateKey === null
      ? one.thumbprints.includes(digest)
      : one.privateKey !== null && keyIdOf(one.x509) === id,
  )
}

/** @throws MORTISE_KEYMANAGER_CERTIFICATE for a private key that the certificate is not of */
export async function requireMatch(
  { privateKey }: Pick<ImportedVersion, 'privateKey'>,
  { publicKey }: Certificate,
): Promise<void> {
  if (privateKey === null) return
  const handle = await native.importEncoded(privateKey, { format: 'pkcs8' })
  try {
    if (native.publicKeyOf(handle).equals(publicKey.der)) return
  } finally {
    handle.dispose()
  }
  throw refused('the certificate is of another key', 'key')
}

function datesUntil({ notBefore }: Certificate, ended: number) {
  const [from, to] = [Math.min(notBefore.getTime(), ended), ended].map((time) => new Date(time).toISOString())
  return { attributes: { ActivationDate: from ?? '', DeactivationDate: to ?? '' } }
}
