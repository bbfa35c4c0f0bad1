import { hash, X509Certificate } from 'node:crypto'
import { fromPem } from '../crypto/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import {
  type CertificateFacts,
  type EncodedFacts,
  type ManagedObject,
  type ObjectAttributes,
  type ObjectRow,
  type Principal,
  type Purpose,
  type Usage,
  usageMask,
} from '../operation/index.js'
import { alternativeNamesOf, parseCertificate } from '../x509/index.js'
import { dataProvider, digestOf, type NewKeyAttributes, newRow } from './make.js'
import { newId } from './row.js'
import type { KeyServices } from './services.js'
import { type NextVersion, succeedingRow } from './succession.js'

const every = Object.keys(usageMask) as readonly Usage[]
/** Of what no algorithm uses. */
export const dataUsages = {
  Certificate: every,
  CertificateRequest: every,
  OpaqueObject: every,
  PGPKey: every,
  SecretData: every,
  Template: every,
}

/** What is kept as keys are, and is none. */
export interface Data {
  readonly bytes: Uint8Array
  readonly spec: Parameters<typeof newRow>[1]['spec']
  readonly values: Partial<ObjectAttributes>
}

const algorithms: Readonly<Record<string, string>> = { rsa: 'RSA', ec: 'EC', ed25519: 'Ed25519' }
const curveBits: Readonly<Record<string, number>> = {
  prime256v1: 256,
  secp256k1: 256,
  secp384r1: 384,
  secp521r1: 521,
}

/**
 * The facts of a certificate that Node's parser finds; what else it must satisfy is for its user to ask.
 *
 * @param material X.509 as DER or PEM
 * @throws MORTISE_CRYPTO_KEY_INVALID
 */
export function certificateData(material: Uint8Array): Data {
  const certificate = parse(material)
  const { raw, publicKey } = certificate
  const { modulusLength, namedCurve = '' } = publicKey.asymmetricKeyDetails ?? {}
  const facts: CertificateFacts = {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    serial: certificate.serialNumber.toLowerCase(),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    digest: hash('sha256', raw),
    length: raw.length,
    ...encoded(raw),
  }
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const name = algorithms[publicKey.asymmetricKeyType ?? ''] ?? ''
  const length = modulusLength ?? curveBits[namedCurve] ?? (name === 'Ed25519' ? 255 : 0)
  return {
    bytes: raw,
    spec: { algorithm: { name, usages: dataUsages }, length, curve: undefined },
    values: { certificate: facts, ...digestOf(spki) },
  }
}

/** The row of a certificate that is no key of anybody's: a Certificate object, linked to the keys that it certifies where they are here. */
export function newCertificateRow(
  services: KeyServices,
  owner: Pick<Principal, 'id'>,
  der: Uint8Array,
  {
    name,
    links,
    purpose,
    family,
    serial = 1,
    ...attributes
  }: Omit<NewKeyAttributes, 'name'> & {
    readonly name?: string | undefined
    readonly links?: ObjectAttributes['links']
    readonly purpose: Purpose
    /** Of another version of the same certificate. */
    readonly family?: string | undefined
    readonly serial?: number
  },
): ObjectRow {
  const { bytes, spec, values } = certificateData(der)
  const identity = { id: newId(), type: 'Certificate', serial } as const
  const material = services.provider(dataProvider).importData(bytes, identity)
  return newRow(
    services,
    { ...identity, ...(family !== undefined && { family }), spec, material, owner, values, links, purpose },
    { usage: [], extractable: true, ...attributes, ...(name !== undefined && { name }) },
  )
}

/** The row of the certificate that comes after another one of the same key. @param offset milliseconds from now to its activation */
export function nextCertificateRow(
  services: KeyServices,
  old: ManagedObject,
  der: Uint8Array,
  { links, offset }: Pick<NextVersion, 'links' | 'offset'>,
): ObjectRow {
  const { bytes, spec, values } = certificateData(der)
  const identity = { id: newId(), type: old.type, serial: old.serial + 1 }
  const material = services.provider(old.provider).importData(bytes, identity)
  return succeedingRow(services, old, { id: identity.id, spec, material, links, offset, values })
}

function parse(material: Uint8Array): X509Certificate {
  const der = fromPem('x509', material)
  try {
    return new X509Certificate(der)
  } catch (cause) {
    throw new MortiseError(
      'MORTISE_CRYPTO_KEY_INVALID',
      'the certificate cannot be read: give X.509 as DER or PEM',
      { cause },
    )
  }
}

function encoded(der: Uint8Array): { readonly encoded?: EncodedFacts } {
  try {
    const certificate = parseCertificate(der)
    const [subjectNames, issuerNames] = (['subject', 'issuer'] as const).map((whose) =>
      alternativeNamesOf(certificate, whose).map(hexadecimal),
    )
    return {
      encoded: {
        subject: hexadecimal(certificate.subject.der),
        issuer: hexadecimal(certificate.issuer.der),
        ...(subjectNames?.length && { subjectNames }),
        ...(issuerNames?.length && { issuerNames }),
        serial: certificate.serialNumber,
        signature: certificate.signatureAlgorithm.algorithm,
      },
    }
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_X509_INVALID')) return {}
    throw error
  }
}

function hexadecimal(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Node gives each relative name a line. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ')
}
