import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'
import { tokenIdOf } from '../token_text.js'
import { refusal } from './refusal.js'

/** Bytes of the longest token that is looked at, unless it is said otherwise. */
export const longestToken = 8192

const form = /^[\w-]+\.[\w-]+\.[\w-]*$/
/** RFC 7519 section 5.1, RFC 9068 section 2.1. Others (RFC 8725 section 3.11) are tokens for something else: logouts, events, proofs. */
const types = ['jwt', 'at+jwt']

/** Whether a token is none of our own, and may be a JWT of an outside issuer. */
export function isJwt(text: string): boolean {
  return text.includes('.') && tokenIdOf(text) === undefined
}

/**
 * What a signed JWT in the compact form says, of which nothing is proved.
 *
 * @param longest bytes; a longer one is not decoded
 * @throws MORTISE_AUTH_REQUIRED with the reason as its cause
 */
export function claimsOf(text: string, longest: number): JWTPayload {
  return read(text, longest, decodeJwt)
}

/**
 * What a header must say before it is worth looking at the signature.
 *
 * @param longest as of {@link claimsOf}
 * @throws MORTISE_AUTH_REQUIRED with the reason as its cause
 */
export function checkHeader(text: string, longest: number, algorithms: readonly string[]): void {
  const header = read(text, longest, decodeProtectedHeader)
  const { alg, typ } = header
  if (typeof alg !== 'string' || !algorithms.includes(alg)) throw refusal('its algorithm is not allowed', alg)
  // No extension is understood here (RFC 7515 section 4.1.11, RFC 7797).
  for (const name of ['crit', 'b64']) {
    if (Object.hasOwn(header, name)) throw refusal(`its header has ${name}`)
  }
  if (
    typ !== undefined &&
    !types.includes(
      String(typ)
        .toLowerCase()
        .replace(/^application\//, ''),
    )
  ) {
    throw refusal('its type is not that of an identity or access token', typ)
  }
}

function read<Part>(text: string, longest: number, decode: (text: string) => Part): Part {
  if (text.length > longest) throw refusal(`the token is longer than ${longest} bytes`)
  if (!form.test(text)) throw refusal('it is no signed JWT in the compact form')
  try {
    return decode(text)
  } catch {
    throw refusal('its header and claims are no JSON objects')
  }
}
