import { type KeySpec, keySpec, type PolicyMark } from '../crypto/index.js'
import {
  changedRow,
  judge,
  judgedCertifying,
  managed,
  newCertificateRow,
  newPair,
  nextCertificateRow,
  nextPair,
  type Succession,
  undone,
} from '../keys/index.js'
import type { GrantWrite, ManagedObject, ObjectRow, Prepared, Usage } from '../operation/index.js'
import { type Certifier, certify, extensionsOf } from './certifying.js'
import { type KeyInfo, keyInfo } from './info.js'
import { curveReferences, type KeyName, layerOf, objectName } from './key_names.js'
import type { KeyRing, KeyVersion } from './rings.js'
import type { KeymanagerServices } from './services.js'
import { type SubjectInput, subjectOf } from './subject.js'

/** Of every key that is not on a curve. */
const rsaBits = 2048

const usages = {
  root: { PrivateKey: ['CertificateSign'], PublicKey: ['Verify'] },
  module: { PrivateKey: ['Sign', 'Decrypt', 'CertificateSign'], PublicKey: ['Verify', 'Encrypt'] },
  signing: { PrivateKey: ['Sign'], PublicKey: ['Verify'] },
  base: { PrivateKey: ['Decrypt'], PublicKey: ['Encrypt'] },
} as const satisfies Record<string, Record<string, readonly Usage[]>>

function specOf(name: KeyName): KeySpec {
  const curve = curveReferences[name.reference]
  return forName(name, curve ? keySpec(curve.algorithm, undefined, curve.curve) : keySpec('RSA', rsaBits))
}

/** Has a key do what its name is for. */
export function forName(name: KeyName, spec: KeySpec): KeySpec {
  return { ...spec, algorithm: { ...spec.algorithm, usages: usages[layerOf(name)] } }
}

/** What a new key has of the one that certifies it: who owns it, and who may do what with it. */
export interface Heritage {
  readonly owner: string
  /** Family of the objects whose grants it gets; null for none. */
  readonly grantsOf: string | null
}

export interface Making {
  readonly ring: KeyRing
  readonly subject: SubjectInput
  /** Undefined of ROOT, which certifies itself. */
  readonly certifier: Certifier | undefined
}

interface Made {
  readonly privateRow: ObjectRow
  readonly publicRow: ObjectRow
  /** Rows that go before the new ones: those of the key that was there before. */
  readonly older: readonly ObjectRow[]
  readonly before?: Parts
}

interface Parts {
  readonly privateKey: ManagedObject
  readonly publicKey: ManagedObject
  readonly certificate: ManagedObject
}

/** The first key of a name. */
export async function makeFirst(
  services: KeymanagerServices,
  making: Making,
  { owner, grantsOf }: Heritage,
): Promise<Prepared<KeyInfo>> {
  const { ring } = making
  const spec = specOf(ring)
  const mark = judge(services, 'protect', spec)
  const [privateRow, publicRow] = await newPair(
    services,
    { spec, owner: { id: owner }, purpose: 'keymanager', provider: providerOf(services, ring) },
    { name: objectName('private', ring) },
    { name: objectName('public', ring) },
  )
  const grantsFor = await inheritedGrants(services, grantsOf)
  return finish(services, making, { privateRow, publicRow, older: [] }, mark, grantsFor)
}

/** Gives new families the grants that another one has. */
export async function inheritedGrants(
  services: KeymanagerServices,
  grantsOf: string | null,
): Promise<(families: readonly string[]) => readonly GrantWrite[]> {
  const grants = grantsOf === null ? [] : await services.grants.read(grantsOf)
  return (families) =>
    families.flatMap((object) =>
      grants.map(({ granteeKind, grantee, permissions }) => ({
        row: services.barrier.authenticateGrant({ object, granteeKind, grantee, permissions, version: 1 }),
      })),
    )
}

/** The key that comes after another one of the same name, of which it has owner and rights. */
export async function makeNext(
  services: KeymanagerServices,
  making: Making,
  before: KeyVersion,
): Promise<Prepared<KeyInfo>> {
  const { ring } = making
  const spec = specOf(ring)
  const mark = judge(services, 'protect', spec)
  const [privateKey, publicKey, certificate] = await Promise.all(
    [before.privateKey ?? '', before.publicKey, before.certificate].map((object) =>
      services.objects.find({ object }),
    ),
  )
  const parts = { privateKey, publicKey, certificate } as Parts
  const made = await nextPair(services, parts.privateKey, { spec, values: {}, dates: {}, offset: 0 })
  const [ofPrivate, ofPublic] = made.map(({ row }) => row) as [ObjectRow, ObjectRow]
  const older = made.map((one: Succession) => replacedRow(services, one.old, one.row.id))
  const next = { privateRow: ofPrivate, publicRow: ofPublic, older, before: parts }
  return finish(services, making, next, mark, () => [])
}

/** Certifies a new pair, and makes of all of it what is to be written. */
async function finish(
  services: KeymanagerServices,
  { ring, subject, certifier }: Making,
  { privateRow, publicRow, older, before }: Made,
  mark: PolicyMark,
  grantsFor: (families: readonly string[]) => readonly GrantWrite[],
): Promise<Prepared<KeyInfo>> {
  const [privateKey, publicKey] = [managed(privateRow), managed(publicRow)]
  const provider = services.provider(publicKey.provider)
  const abandon = undone(provider, [privateRow, publicRow])
  try {
    const { days } = await services.keymanagerPolicies.of(ring)
    const by = certifier ?? { privateKey, certificate: undefined }
    const certificate = await certify(
      services,
      {
        extensions: extensionsOf(ring),
        subject: subjectOf(ring, subject),
        publicKey: await provider.open(publicKey).export({ format: 'spki' }),
        days,
      },
      by,
    )
    const links = { privateKey: privateKey.id, publicKey: publicKey.id }
    const certificateRow = before
      ? nextCertificateRow(services, before.certificate, certificate.der, { links, offset: 0 })
      : newCertificateRow(services, { id: privateKey.owner }, certificate.der, {
          name: objectName('certificate', ring),
          links,
          purpose: 'keymanager',
        })
    const version = {
      privateKey: privateKey.id,
      publicKey: publicKey.id,
      certificate: certificateRow.id,
    }
    const replaced = before ? [replacedRow(services, before.certificate, certificateRow.id)] : []
    const keys = [privateKey, publicKey].map((one) => certifiedRow(services, one, certificateRow.id))
    const rows = [...older, ...replaced, ...keys, certificateRow]
    return {
      answer: keyInfo(ring, { ...version, x509: certificate }),
      rows: {
        objects: rows.map((row) => ({ row })),
        grants: grantsFor([privateRow, publicRow, certificateRow].map(({ family }) => family)),
        records: [services.rings.write(ring, [...ring.versions, version])],
      },
      object: privateKey.id,
      detail: {
        application: ring.application,
        reference: ring.reference,
        keyVersion: privateKey.serial,
        certificate: certificateRow.id,
        serial: certificate.serialNumber,
        notAfter: certificate.notAfter.toISOString(),
        ...mark,
        ...judge(services, 'protect', by.privateKey, judgedCertifying(by.privateKey)),
      },
      abandon,
    }
  } catch (error) {
    abandon()
    throw error
  }
}

/** The first row of a new object, which links to the certificate that was made for it meanwhile. */
function certifiedRow({ barrier }: KeymanagerServices, key: ManagedObject, certificate: string): ObjectRow {
  return changedRow(
    barrier,
    { ...key, version: 0 },
    { values: { links: { ...key.values.links, certificate } } },
  )
}

export function replacedRow(
  { barrier }: KeymanagerServices,
  old: ManagedObject,
  replacement: string,
): ObjectRow {
  return changedRow(barrier, old, {
    name: null,
    values: { links: { ...old.values.links, replacement }, furtherNames: undefined },
  })
}

/** Keys of references are used for every record, which a token may be too slow for: they have a place of their own. */
export function providerOf({ keyProvider, baseKeyProvider }: KeymanagerServices, name: KeyName): string {
  return layerOf(name) === 'base' ? baseKeyProvider : keyProvider
}
