import { equalBytes } from '../bytes.js'
import { crlExtensions } from '../extensions/crl_extensions.js'
import type { Crl } from './crl.js'

/** Whether a delta CRL brings a complete one up to date (RFC 5280 sections 5.2.4 and 6.3.3 (c)). */
export function isDeltaOf(delta: Crl, complete: Crl): boolean {
  const { cRLNumber: number } = complete.extensions
  const { cRLNumber: newer, deltaCRLIndicator: base } = delta.extensions
  if (number === undefined || newer === undefined || base === undefined) return false
  return (
    number >= base &&
    number < newer &&
    delta.issuer.equals(complete.issuer) &&
    hasSame(delta, complete, crlExtensions.issuingDistributionPoint.type) &&
    hasSame(delta, complete, crlExtensions.authorityKeyIdentifier.type)
  )
}

function hasSame(one: Crl, other: Crl, type: string): boolean {
  const [here, there] = [one, other].map(
    ({ extensions }) => extensions.all.find((raw) => raw.type === type)?.value,
  )
  return here === there || (here !== undefined && there !== undefined && equalBytes(here, there))
}
