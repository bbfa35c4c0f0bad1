import { randomInt } from 'node:crypto'
import { MortiseError } from '../errors/index.js'
import type { AuthorityRecord, IssuingSettings } from './authorities.js'
import type { CrlPart } from './crls.js'

const mostUrls = 10
const longestCrlDays = 365

const mostPartitions = 100

export const usualSettings: IssuingSettings = {
  crlDays: 7,
  crlPartitions: 1,
  deltaCrls: false,
  crlUrls: [],
  ocspUrls: [],
  issuerUrls: [],
}

/** Of an authority, which may have been written when there were fewer. */
export function settingsOf({ settings }: Pick<AuthorityRecord, 'settings'>): IssuingSettings {
  return { ...usualSettings, ...settings }
}

/** @throws MORTISE_INPUT_INVALID */
export function checkedSettings(settings: IssuingSettings): IssuingSettings {
  const { crlDays, crlPartitions, deltaCrls, crlUrls, ocspUrls, issuerUrls } = settings
  if (!(Number.isInteger(crlDays) && crlDays >= 1 && crlDays <= longestCrlDays)) {
    throw new MortiseError('MORTISE_INPUT_INVALID', `a CRL holds for 1 to ${longestCrlDays} days`)
  }
  if (!(Number.isInteger(crlPartitions) && crlPartitions >= 1 && crlPartitions <= mostPartitions)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `certificates are divided among 1 to ${mostPartitions} CRLs`,
    )
  }
  for (const urls of [crlUrls, ocspUrls, issuerUrls]) {
    if (urls.length > mostUrls || !urls.every(isUrl)) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `addresses are at most ${mostUrls} URLs of http or https`,
      )
    }
  }
  return { crlDays, crlPartitions, deltaCrls, crlUrls, ocspUrls, issuerUrls }
}

/** Whoever checks a certificate has to get there without one: RFC 5280 section 8 warns of https. */
function isUrl(text: string): boolean {
  return /^https?:\/\/[\x21-\x7e]{1,1000}$/.test(text) && URL.canParse(text)
}

/** Where what an authority publishes is found below the address at which it is. */
export const paths = {
  crl: (authority: string, { partition, delta = false }: CrlPart = {}) =>
    `/crl/${authority}${partition === undefined ? '' : `-${partition}`}${delta ? '-delta' : ''}.crl`,
  ocsp: (authority: string) => `/ocsp/${authority}`,
  certificate: (authority: string) => `/ca/${authority}.cer`,
}

/** The CRL that is to have a new certificate on it if that is revoked; undefined where that is the one for all. */
export function partitionFor(record: AuthorityRecord, publicUrl: string | undefined): number | undefined {
  const { crlPartitions, crlUrls } = settingsOf(record)
  if (crlPartitions === 1 || publicUrl === undefined || crlUrls.length > 0) return undefined
  return randomInt(1, crlPartitions + 1)
}

/** What a certificate of an authority says, where the settings of that do not: what is found here. */
export function locationsOf(
  record: AuthorityRecord,
  publicUrl: string | undefined,
  partition: number | undefined,
): IssuingSettings {
  const settings = settingsOf(record)
  if (publicUrl === undefined) return settings
  const or = (own: readonly string[], path: string) => (own.length > 0 ? own : [publicUrl + path])
  const { id } = record
  return {
    ...settings,
    crlUrls: or(settings.crlUrls, paths.crl(id, partition === undefined ? {} : { partition })),
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
