import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a signed request shows, as it was sent. */
export interface SignedRequest {
  /** The header Authorization. */
  readonly authorization: string | undefined
  /** The header Date or, without one, X-Date. */
  readonly date: string | undefined
  readonly method: string
  /** With the query string; without what a proxy has put before it. */
  readonly path: string
  readonly payload: Uint8Array
}

/** What the header says. */
export interface SessionistHeader {
  readonly keyId: string
  /** HMAC-SHA-512. */
  readonly hash: Buffer
  /** Lower-case hexadecimal, 16 to 128 bytes. */
  readonly nonce: string
  /** Milliseconds since 1970. */
  readonly date: number
}

const scheme = 'ss1 '
const fields = ['hash', 'keyid', 'nonce']
const longestKeyId = 255
const strictHash = /^[0-9a-f]{128}$/
const strictNonce = /^(?:[0-9a-f]{2}){16,128}$/
/** RFC 9110 section 5.6.7 (IMF-fixdate) and RFC 5322 section 3.3, with the zones that its writers use. */
const mailDate =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} (?:GMT|UTC|[+-]\d{4})$/
/** ISO 8601 as RFC 3339 has it. */
const isoDate = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/

/**
 * The sessionist header, version 1: `ss1 keyid=..., hash=..., nonce=...`, in whatever order, with its date.
 *
 * @returns undefined where anything of it is not as it has to be
 */
export function parseSessionist({
  authorization = '',
  date = '',
}: SignedRequest): SessionistHeader | undefined {
  if (!authorization.startsWith(scheme)) return undefined
  const pairs = authorization
    .slice(scheme.length)
    .split(/,[ \t]*/)
    .map((field) => field.split('='))
  if (pairs.some((pair) => pair.length !== 2)) return undefined
  const found = Object.fromEntries(pairs) as Record<string, string>
  if (pairs.length !== fields.length || !fields.every((name) => Object.hasOwn(found, name))) return undefined
  const { keyid: keyId = '', hash = '', nonce = '' } = found
  const time = mailDate.test(date) || isoDate.test(date) ? Date.parse(date) : Number.NaN
  const isProper =
    keyId !== '' &&
    keyId.length <= longestKeyId &&
    strictHash.test(hash) &&
    strictNonce.test(nonce) &&
    !Number.isNaN(time)
  return isProper ? { keyId, hash: Buffer.from(hash, 'hex'), nonce, date: time } : undefined
}

/** Whether a request is signed with a secret: the HMAC is over nonce, method, path, payload and date, with nothing between them. */
export function isSignedWith(
  secret: string,
  { nonce, hash }: SessionistHeader,
  { method, path, payload, date = '' }: SignedRequest,
): boolean {
  const mac = createHmac('sha512', secret)
    .update(nonce, 'hex')
    .update(`${method}${path}`)
    .update(payload)
    .update(date)
    .digest()
  return timingSafeEqual(mac, hash)
}
