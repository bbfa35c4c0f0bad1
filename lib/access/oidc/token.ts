import { decodeJwt, decodeProtectedHeader, type JWTPayload, type ProtectedHeaderParameters } from 'jose'
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
  requireForm(text, longest)
  return decoded(text, decodeJwt)
}

/** Headers that were found good are remembered: an issuer has few. */
const knownHeaders = 100

/** Looks at the headers of tokens. */
export class Headers {
  readonly #longest: number
  /** What was allowed then, by the header as it stands in the token. */
  readonly #good = new Map<string, readonly string[]>()

  /** @param longest as of {@link claimsOf} */
  constructor(longest: number) {
    this.#longest = longest
  }

  /**
   * What a header must say before it is worth looking at the signature.
   *
   * @param algorithms the list itself is remembered, and must not change
   * @throws MORTISE_AUTH_REQUIRED with the reason as its cause
   */
  check(text: string, algorithms: readonly string[]): void {
    requireForm(text, this.#longest)
    const encoded = text.slice(0, text.indexOf('.'))
    if (this.#good.get(encoded) === algorithms) return
    checkHeader(decoded(text, decodeProtectedHeader), algorithms)
    if (this.#good.size >= knownHeaders) this.#good.clear()
    this.#good.set(encoded, algorithms)
  }
}

function checkHeader(header: ProtectedHeaderParameters, algorithms: readonly string[]): void {
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

function requireForm(text: string, longest: number): void {
  if (text.length > longest) throw refusal(`the token is longer than ${longest} bytes`)
  if (!form.test(text)) throw refusal('it is no signed JWT in the compact form')
}

function decoded<Part>(text: string, decode: (text: string) => Part): Part {
  try {
    return decode(text)
  } catch {
    throw refusal('its header and claims are no JSON objects')
  }
}
