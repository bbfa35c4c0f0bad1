import { hash } from 'node:crypto'
import { toPem } from '../crypto/index.js'
import {
  type Authority,
  type AuthorityKey,
  type AuthorityKind,
  type AuthorityRecord,
  type AuthorityState,
  type AuthorityTrust,
  type IssuingSettings,
  stateOf,
} from './authorities.js'
import { type CertificateRecord, type CertificateState, serialText, standingOf } from './certificates.js'
import type { Crl } from './crls.js'
import type { CertificateReason } from './revocation.js'
import { settingsOf } from './settings.js'

/** Of the DER, hexadecimal. */
export interface Fingerprints {
  readonly sha1: string
  readonly sha256: string
  readonly sha512: string
}

/** What may be told of an authority. Dates are ISO 8601, UTC; null where there is none. */
export interface AuthorityInfo {
  readonly id: string
  readonly name: string | null
  readonly kind: AuthorityKind
  /** Of an external one `active` or `expired`. */
  readonly state: AuthorityState
  /** RFC 4514; the issuer and what follows are of its certificate. */
  readonly subject: string
  /** Of a local one. */
  readonly key: AuthorityKey | null
  readonly issuer: string | null
  /** Hexadecimal. */
  readonly serial: string | null
  readonly notBefore: string | null
  readonly notAfter: string | null
  readonly fingerprints: Fingerprints | null
  /** PKCS#10 as PEM, of a local one. */
  readonly request: string | null
  /** PEM. */
  readonly certificate: string | null
  /** The certificates above it, nearest first, as PEM. */
  readonly chain: readonly string[]
  /** Id of the authority that has signed it. */
  readonly parent: string | null
  readonly parentKind: AuthorityKind | null
  readonly settings: IssuingSettings
  readonly trust: AuthorityTrust
  readonly created: string
  readonly updated: string
}

/** What may be told of a certificate. Dates are ISO 8601, UTC. */
export interface CertificateInfo {
  readonly id: string
  readonly name: string | null
  /** Id of the authority. */
  readonly authority: string
  readonly profile: string
  readonly state: CertificateState
  /** Subject of the authority, RFC 4514. */
  readonly issuer: string
  readonly subject: string
  readonly commonName: string | null
  /** Hexadecimal. */
  readonly serial: string
  readonly notBefore: string
  readonly notAfter: string
  readonly fingerprints: Fingerprints | null
  /** PEM; null of one of which it is not known that it was signed. */
  readonly certificate: string | null
  readonly reason: CertificateReason | null
  readonly revoked: string | null
  readonly invalidityDate: string | null
  /** Principal id. */
  readonly owner: string
  readonly created: string
  readonly updated: string
}

/** What may be told of a CRL. Dates are ISO 8601, UTC. */
export interface CrlInfo {
  readonly authority: string
  readonly number: number
  readonly thisUpdate: string
  readonly nextUpdate: string
  /** How many certificates are on it. */
  readonly entries: number
  /** DER. */
  readonly der: Buffer
}

/** @param now milliseconds since 1970 */
export function authorityInfo(authority: Authority, now: number): AuthorityInfo {
  const { record, certificate, chain } = authority
  const { id, name, kind, subject, request, key, parent, parentKind, trust } = record
  return {
    ...{ id, name, kind, state: stateOf(authority, now), subject },
    issuer: certificate?.issuer.text ?? null,
    serial: certificate ? serialText(certificate.serialNumber) : null,
    notBefore: certificate?.notBefore.toISOString() ?? null,
    notAfter: certificate?.notAfter.toISOString() ?? null,
    fingerprints: certificate ? fingerprintsOf(certificate.der) : null,
    request: request === null ? null : toPem('pkcs10', Buffer.from(request, 'base64')),
    certificate: certificate ? toPem('x509', certificate.der) : null,
    chain: chain.map(({ der }) => toPem('x509', der)),
    ...{ key, parent, parentKind, settings: settingsOf(record), trust },
    created: date(record.created),
    updated: date(record.updated),
  }
}

/** @param now milliseconds since 1970 */
export function certificateInfo(
  record: CertificateRecord,
  issuer: Pick<AuthorityRecord, 'subject'>,
  now: number,
): CertificateInfo {
  const { id, name, authority, profile, subject, commonName, serial, owner, revocation } = record
  const der = record.der === null ? undefined : Buffer.from(record.der, 'base64')
  return {
    ...{ id, name, authority, profile, state: certificateState(record, now) },
    ...{ issuer: issuer.subject, subject, commonName, serial },
    notBefore: date(record.notBefore),
    notAfter: date(record.notAfter),
    fingerprints: der ? fingerprintsOf(der) : null,
    certificate: der ? toPem('x509', der) : null,
    reason: revocation?.reason ?? null,
    revoked: revocation ? date(revocation.date) : null,
    invalidityDate: revocation?.invalidityDate == null ? null : date(revocation.invalidityDate),
    owner,
    created: date(record.created),
    updated: date(record.updated),
  }
}

export function crlInfo({ authority, number, thisUpdate, nextUpdate, entries, der }: Crl): CrlInfo {
  return { authority, number, thisUpdate: date(thisUpdate), nextUpdate: date(nextUpdate), entries, der }
}

function certificateState(record: CertificateRecord, now: number): CertificateState {
  const standing = standingOf(record)
  if (standing !== 'good') return standing
  return record.notAfter + 1000 <= now ? 'expired' : 'active'
}

function fingerprintsOf(der: Uint8Array): Fingerprints {
  return {
    sha1: hash('sha1', der, 'hex'),
    sha256: hash('sha256', der, 'hex'),
    sha512: hash('sha512', der, 'hex'),
  }
}

function date(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
