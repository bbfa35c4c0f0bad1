import { MortiseError } from '../errors/index.js'
import type { AuthorityRecord, IssuingSettings } from './authorities.js'

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
    if (urls.length > mostUrls || !urls.every(isUrl)) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `addresses are at most ${mostUrls} URLs of http or https`,
      )
    }
  }
  return { crlDays, crlUrls, ocspUrls, issuerUrls }
}

/** Whoever checks a certificate has to get there without one: RFC 5280 section 8 warns of https. */
function isUrl(text: string): boolean {
  return /^https?:\/\/[\x21-\x7e]{1,1000}$/.test(text) && URL.canParse(text)
}

/** Where what an authority publishes is found below the address at which it is. */
export const paths = {
  crl: (authority: string) => `/crl/${authority}.crl`,
  ocsp: (authority: string) => `/ocsp/${authority}`,
  certificate: (authority: string) => `/ca/${authority}.cer`,
}

/** What certificates of an authority say, where its own settings do not: what is found here. */
export function locationsOf(
  { id, settings }: Pick<AuthorityRecord, 'id' | 'settings'>,
  publicUrl: string | undefined,
): IssuingSettings {
  if (publicUrl === undefined) return settings
  const or = (own: readonly string[], path: string) => (own.length > 0 ? own : [publicUrl + path])
  return {
    ...settings,
    crlUrls: or(settings.crlUrls, paths.crl(id)),
    ocspUrls: or(settings.ocspUrls, paths.ocsp(id)),
    issuerUrls: or(settings.issuerUrls, paths.certificate(id)),
  }
}

/** @throws MORTISE_CONFIG_INVALID */
export function checkedPublicUrl(url: string): string {
  const bare = url.replace(/\/+$/, '')
  if (isUrl(bare) && !/[?#]/.test(bare)) return bare
  throw new MortiseError(
    'MORTISE_CONFIG_INVALID',
    'the address of what authorities publish is a URL of http or https, without a query',
  )
}
