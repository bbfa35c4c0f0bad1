import type { Barrier } from '../barrier/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import type { CertificateRecord } from './certificates.js'

/** It is never stored: what uses it up is the record of the certificate. */
const namespace = 'certificate-token'
/** Milliseconds. */
export const tokenPeriod = 300_000
const longestToken = 400_000
const format = 1

/** What may be issued: by whom, by which certificate of which authority, and exactly what. */
export interface PreparedCertificate {
  /** Principal id. */
  readonly principal: string
  /** SHA-256 of the issuer's certificate, hexadecimal. */
  readonly issuer: string
  readonly record: CertificateRecord
  /** TBSCertificate, base64. */
  readonly message: string
}

/** Seals it: nobody makes one, nor reads what is in it. */
export function sealToken(barrier: Barrier, prepared: PreparedCertificate, expires: number): string {
  const { id } = prepared.record
  const text = Buffer.concat([Buffer.of(format), Buffer.from(JSON.stringify(prepared))])
  const { value } = barrier.sealRecord(identityOf(id, expires), text)
  return `${id}.${expires}.${Buffer.from(value).toString('base64url')}`
}

/** @throws MORTISE_CERTIFICATE_TOKEN with one text, whatever is wrong */
export function openToken(barrier: Barrier, token: string, now: number): PreparedCertificate {
  const [, id = '', time = '', value = ''] =
    /^([0-9a-f-]{36})\.(\d{1,15})\.([\w-]+)$/.exec(token.length > longestToken ? '' : token) ?? []
  const expires = Number(time)
  const sealed = Buffer.from(value, 'base64url')
  // Whatever else decodes to the same bytes is no token.
  if (expires <= now || String(expires) !== time || sealed.toString('base64url') !== value) throw wrongToken()
  try {
    const row = { ...identityOf(id, expires), value: sealed }
    const bytes = barrier.openRecord(row)
    if (bytes[0] !== format) throw wrongToken()
    return JSON.parse(bytes.toString('utf8', 1))
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_BARRIER_INTEGRITY')) throw wrongToken()
    throw error
  }
}

export function wrongToken(): MortiseError {
  return new MortiseError('MORTISE_CERTIFICATE_TOKEN')
}

function identityOf(key: string, expires: number) {
  return { namespace, key, version: 1, expires, index: {} }
}
