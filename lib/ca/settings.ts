import { MortiseError } from '../errors/index.js'
import type { IssuingSettings } from './authorities.js'

const mostUrls = 10
const longestCrlDays = 365

export const usualSettings: IssuingSettings = { crlDays: 7, crlUrls: [], ocspUrls: [], issuerUrls: [] }

/** @throws MORTISE_INPUT_INVALID */
export function checkedSettings(settings: IssuingSettings): IssuingSettings {
  const { crlDays, crlUrls, ocspUrls, issuerUrls } = settings
  if (!(Number.isInteger(crlDays) && crlDays >= 1 && crlDays <= longestCrlDays)) {
    throw new MortiseError('MORTISE_INPUT_INVALID', `a CRL holds for 1 to ${longestCrlDays} days`)
  }
  for (const urls of [crlUrls, ocspUrls, issuerUrls]) {
    // Whoever checks a certificate has to get there without one: RFC 5280 section 8 warns of https.
    const isSound = urls.every((url) => /^https?:\/\/[\x21-\x7e]{1,1000}$/.test(url) && URL.canParse(url))
    if (urls.length > mostUrls || !isSound) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `addresses are at most ${mostUrls} URLs of http or https`,
      )
    }
  }
  return { crlDays, crlUrls, ocspUrls, issuerUrls }
}
