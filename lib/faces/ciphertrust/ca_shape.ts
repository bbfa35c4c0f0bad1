import { hash, X509Certificate } from 'node:crypto'
import Type, { type Static } from 'typebox'
import type { AuthorityInfo, CertificateInfo, Fingerprints } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'
import { account, nameOf, uriOf } from './ca_ids.js'
import { dateOf, noDate } from './dates.js'
import { lineOf } from './subject_text.js'

const day = 86_400_000

const some = (description?: string) => Type.Optional(Type.String({ ...(description && { description }) }))
const purpose = Type.Optional(
  Type.Object({
    client_authentication: Type.String({ description: 'Enabled, Disabled' }),
    user_authentication: Type.String({ description: 'Enabled, Disabled' }),
  }),
)
const fingerprints = {
  sha1Fingerprint: some('Upper-case hexadecimal: of the certificate, or of the request'),
  sha256Fingerprint: some(),
  sha512Fingerprint: some(),
}
const named = {
  id: Type.String(),
  uri: Type.String(),
  account: Type.String(),
  createdAt: Type.String(),
  updatedAt: Type.String(),
  name: Type.String(),
  serialNumber: some('Decimal'),
  subject: Type.String({ description: '/C=.../O=.../CN=...' }),
  issuer: some(),
  notBefore: Type.String(),
  notAfter: Type.String(),
  ...fingerprints,
  cert: some('PEM'),
}

export const localAuthority = Type.Object({
  ...named,
  state: Type.String({ description: 'pending, active, expired' }),
  csr: some('PEM'),
  purpose,
  parent: some('URI of the authority that has signed it'),
})
export const externalAuthority = Type.Object({ ...named, purpose, parent: some('URI of another one') })
export const issuedCertificate = Type.Object({
  ...named,
  ca: Type.String({ description: 'URI of the authority' }),
  state: Type.String({ description: 'active, revoked, expired' }),
  revoked_at: Type.String(),
  revoked_reason: some(),
})

/** @param chained whether `cert` has the certificates above it as well */
export function shownLocal(info: AuthorityInfo, chained = false): Static<typeof localAuthority> {
  const { request, certificate, parent, parentKind } = info
  const pending = certificate === null
  return {
    ...shown('localca', pending && request !== null ? { ...info, fingerprints: printsOf(request) } : info),
    state: info.state === 'disabled' ? 'active' : info.state,
    ...(request !== null && { csr: request }),
    ...(certificate !== null && { cert: chained ? [certificate, ...info.chain].join('') : certificate }),
    ...(!pending && { purpose: purposeOf(info) }),
    ...(parent !== null && { parent: uriOf(parentKind === 'external' ? 'external_ca' : 'localca', parent) }),
  }
}

export function shownExternal(info: AuthorityInfo): Static<typeof externalAuthority> {
  const { certificate, parent } = info
  return {
    ...shown('external_ca', info),
    ...(certificate !== null && { cert: certificate }),
    purpose: purposeOf(info),
    ...(parent !== null && { parent: uriOf('external_ca', parent) }),
  }
}

export function shownCertificate(info: CertificateInfo): Static<typeof issuedCertificate> {
  const { certificate, authority, reason, revoked } = info
  const isRevoked = info.state === 'held' || info.state === 'revoked'
  return {
    ...shown('certs', info),
    ca: uriOf('localca', authority),
    state: isRevoked ? 'revoked' : info.state,
    ...(certificate !== null && { cert: certificate }),
    revoked_at: revoked ?? noDate,
    ...(reason !== null && { revoked_reason: reason }),
  }
}

/** When a certificate is to be valid, as clients say it: `notAfter` goes before `duration`, which are days. */
export const validityFields = {
  duration: Type.Optional(Type.Integer({ minimum: 1, description: 'Days' })),
  notBefore: some('A date of RFC 3339. Default: yesterday'),
  notAfter: some('A date of RFC 3339'),
}

export interface GivenValidity {
  readonly duration?: number
  readonly notBefore?: string
  readonly notAfter?: string
}

/** @param now milliseconds since 1970 @throws MORTISE_INPUT_INVALID */
export function validityOf({ duration, notBefore, notAfter }: GivenValidity, now: number) {
  const from = notBefore === undefined ? now - day : dateOf('notBefore', notBefore)
  return {
    notBefore: from,
    ...(duration !== undefined && { notAfter: Math.max(from, now) + duration * day }),
    ...(notAfter !== undefined && { notAfter: dateOf('notAfter', notAfter) }),
  }
}

/** The SHA-256 that a certificate is found by. @throws MORTISE_INPUT_INVALID for what is no certificate in PEM */
export function fingerprintOf(pem: string): string {
  try {
    return hash('sha256', new X509Certificate(withLines(pem)).raw)
  } catch (cause) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'cert must be a certificate as PEM', { cause })
  }
}

/** Some clients write the line feeds of PEM as `\n`. */
export function withLines(pem: string): string {
  return pem.replaceAll('\\n', '\n')
}

function shown(
  thing: 'localca' | 'external_ca' | 'certs',
  info: Pick<AuthorityInfo, 'id' | 'name' | 'serial' | 'subject' | 'issuer' | 'notBefore' | 'notAfter'> &
    Pick<AuthorityInfo, 'fingerprints' | 'created' | 'updated'>,
) {
  const { id, created, updated, serial, subject, issuer, notBefore, notAfter, fingerprints } = info
  return {
    ...{ id, uri: uriOf(thing, id), account, createdAt: created, updatedAt: updated },
    name: nameOf(thing, info),
    ...(serial !== null && { serialNumber: BigInt(`0x${serial}`).toString() }),
    subject: lineOf(subject),
    ...(issuer !== null && { issuer: lineOf(issuer) }),
    notBefore: notBefore ?? noDate,
    notAfter: notAfter ?? noDate,
    ...(fingerprints && {
      sha1Fingerprint: fingerprints.sha1.toUpperCase(),
      sha256Fingerprint: fingerprints.sha256.toUpperCase(),
      sha512Fingerprint: fingerprints.sha512.toUpperCase(),
    }),
  }
}

function printsOf(pem: string): Fingerprints {
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  const of = (algorithm: string) => hash(algorithm, der)
  return { sha1: of('sha1'), sha256: of('sha256'), sha512: of('sha512') }
}

function purposeOf({ trust }: AuthorityInfo) {
  const said = (flag: boolean) => (flag ? 'Enabled' : 'Disabled')
  return { client_authentication: said(trust.clients), user_authentication: said(trust.users) }
}
