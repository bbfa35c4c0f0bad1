import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { type Certificate, parseCertificate } from '../../lib/x509/index.js'
import { bits, commonName, constructed, der, integer, oid, sequence, tags, time, yes } from './der.js'

/** How a certificate is signed: what stands in it, and how Node makes it. */
export interface Signing {
  readonly identifier: Uint8Array
  readonly sign: (key: KeyObject, data: Buffer) => Buffer
}

export const ecdsaSha256: Signing = {
  identifier: sequence(oid('1.2.840.10045.4.3.2')),
  sign: (key, data) => sign('sha256', data, key),
}

/** What a certificate has that is not as usual. */
export interface Request {
  readonly subject?: Uint8Array
  readonly issuer?: Party
  readonly keys?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
  readonly signing?: Signing
  readonly extensions?: readonly Uint8Array[]
  readonly notBefore?: string
  readonly notAfter?: string
  readonly version?: number
}

/** A certificate and its key. */
export interface Party {
  readonly certificate: Certificate
  readonly der: Buffer
  readonly subject: Uint8Array
  readonly privateKey: KeyObject
}

export const oids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
} as const

export function extension(type: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(type), ...(critical ? [yes] : []), der(tags.octetString, value))
}

export const authority = extension(oids.basicConstraints, sequence(yes), true)

/** The DER of a certificate: P-256, a day of validity around 2025-01-01, self-signed where there is no issuer. */
export function certificateDer(request: Request = {}): {
  readonly der: Buffer
  readonly privateKey: KeyObject
} {
  const keys = request.keys ?? generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signing = request.signing ?? ecdsaSha256
  const subject = request.subject ?? commonName('leaf')
  const { version = 3, extensions = [] } = request
  const tbs = sequence(
    ...(version > 1 ? [der(constructed(0), integer(version - 1))] : []),
    integer(42),
    signing.identifier,
    request.issuer?.subject ?? subject,
    sequence(time(request.notBefore ?? '241231120000Z'), time(request.notAfter ?? '250101120000Z')),
    subject,
    keys.publicKey.export({ format: 'der', type: 'spki' }),
    ...(extensions.length > 0 ? [der(constructed(3), sequence(...extensions))] : []),
  )
  const signature = signing.sign(request.issuer?.privateKey ?? keys.privateKey, tbs)
  return { der: sequence(tbs, signing.identifier, bits(signature)), privateKey: keys.privateKey }
}

export function make(request: Request = {}): Party {
  const { der, privateKey } = certificateDer(request)
  return {
    certificate: parseCertificate(der),
    der,
    subject: request.subject ?? commonName('leaf'),
    privateKey,
  }
}

export function makeAuthority(name: string, request: Request = {}): Party {
  return make({ subject: commonName(name), extensions: [authority], ...request })
}

/** A time at which every certificate is valid that says nothing else. */
export const at = new Date('2025-01-01T00:00:00Z')
