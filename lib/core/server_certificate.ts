import { hash } from 'node:crypto'
import { systemPrincipal } from '../access/index.js'
import type { AlternativeNames } from '../ca/index.js'
import { keySpec, toPem } from '../crypto/index.js'
import { isMortiseError } from '../errors/index.js'
import { changedRow, destroyedRow, managed, newCertificateRow, newPair } from '../keys/index.js'
import type { ManagedObject, ObjectRow, SystemOperation } from '../operation/index.js'
import { type Certificate, parseCertificate } from '../x509/index.js'
import type { OwnAuthority } from './own_authority.js'
import type { Services } from './services.js'
import type { Session } from './session.js'

const spec = keySpec('EC', undefined, 'P-256')

/** A certificate for a TLS server of this very process. */
export interface ServerCertificate {
  /** It and those above it, the root left out, as PEM. */
  readonly chain: string
  /** PKCS#8, PEM: Node's TLS keeps keys in memory of its own. */
  readonly privateKey: Buffer
  /** PEM of the root that clients trust. */
  readonly root: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
}

/** The objects of one that is in the store: its private key, its public key and the certificate itself. */
export interface StoredCertificate {
  readonly objects: readonly ManagedObject[]
  readonly certificate: Certificate
}

/** The private key of some names is found by its name. */
export function keyNameOf(names: AlternativeNames): string {
  const text = JSON.stringify([[...(names.dns ?? [])].sort(), [...(names.ip ?? [])].sort()])
  return `mortise-tls-${hash('sha256', text).slice(0, 32)}`
}

/** @param fresh whether to look past what is in memory */
export async function findServerCertificate(
  services: Services,
  names: AlternativeNames,
  fresh = false,
): Promise<StoredCertificate | undefined> {
  const { objects } = services
  const name = keyNameOf(names)
  let key = await named(services, name)
  if (key && fresh) {
    objects.forget(key.id)
    key = await named(services, name)
  }
  if (key?.owner !== systemPrincipal.id) return undefined
  const { publicKey = '', certificate = '' } = key.values.links ?? {}
  const [shown, open] = [await objects.byId(certificate), await objects.byId(publicKey)]
  if (!shown || !open) return undefined
  const der = await services.provider(shown.provider).open(shown).export({ format: 'raw' })
  return { objects: [key, open, shown], certificate: parseCertificate(der) }
}

async function named({ objects }: Services, name: string): Promise<ManagedObject | undefined> {
  try {
    return await objects.find({ object: name })
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_KEY_NOT_FOUND')) return undefined
    throw error
  }
}

/** A new key and a certificate of the built-in authority for it, in the place of the one before. */
export async function makeServerCertificate(
  services: Services,
  system: Session,
  { issuing }: OwnAuthority,
  names: AlternativeNames,
): Promise<void> {
  // TLS takes the key itself.
  const kind = { spec, owner: systemPrincipal, purpose: 'private', provider: 'software' } as const
  const pair = await newPair(services, kind, { name: keyNameOf(names) }, {})
  const [privateKey, publicKey] = [managed(pair[0]), managed(pair[1])]
  try {
    const spki = await services.provider(publicKey.provider).open(publicKey).export({ format: 'spki' })
    const [subject = ''] = [...(names.dns ?? []), ...(names.ip ?? [])]
    const { id, certificate } = await system.certify(issuing.id, {
      ...{ profile: 'server', publicKey: spki, names, name: 'mortise-tls' },
      subject: `CN=${subject.slice(0, 64)}`,
    })
    await system.run(setServerCertificate, { pair, names, id, pem: certificate ?? '' })
  } finally {
    for (const one of [privateKey, publicKey]) services.provider(one.provider).forget(one.id)
  }
}

interface Made {
  readonly pair: readonly [privateRow: ObjectRow, publicRow: ObjectRow]
  readonly names: AlternativeNames
  /** Of the certificate among those of the authority. */
  readonly id: string
  readonly pem: string
}

/** Keeps a key and its certificate; those before are destroyed. It is not in the catalogue: nobody else says what the server shows. */
const setServerCertificate: SystemOperation<Services, Made, null> = {
  name: 'SetServerCertificate',
  permission: 'AuthorityCreate',
  durability: 'synced',
  async prepare(services, actor, { pair, names, id, pem }) {
    const before = await findServerCertificate(services, names, true)
    const [privateRow, publicRow] = pair
    const privateKey = managed(privateRow)
    const { der, serialNumber, notAfter } = parseCertificate(pem)
    const certificate = newCertificateRow(services, actor, der, {
      links: { privateKey: privateKey.id, publicKey: publicRow.id },
      purpose: 'private',
    })
    // The first version of its row, which nobody has seen yet.
    const linked = changedRow(
      services.barrier,
      { ...privateKey, version: 0 },
      {
        values: { links: { ...privateKey.values.links, certificate: certificate.id } },
      },
    )
    const destroyed = (before?.objects ?? []).map((one) => destroyedRow(services, one))
    return {
      answer: null,
      rows: { objects: [...destroyed, ...[linked, publicRow, certificate].map((row) => ({ row }))] },
      object: privateKey.id,
      detail: { certificate: id, serial: serialNumber, notAfter: notAfter.toISOString() },
    }
  },
}

/** What TLS is given of it. */
export async function openServerCertificate(
  { provider }: Services,
  { objects: [key], certificate }: StoredCertificate,
  { root, issuing }: OwnAuthority,
): Promise<ServerCertificate | undefined> {
  if (!key) return undefined
  return {
    chain: [toPem('x509', certificate.der), issuing.certificate ?? ''].join(''),
    privateKey: await provider(key.provider).open(key).export({ format: 'pkcs8', encoding: 'pem' }),
    root: root.certificate ?? '',
    notBefore: certificate.notBefore.getTime(),
    notAfter: certificate.notAfter.getTime(),
  }
}
