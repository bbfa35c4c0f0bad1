import { isIP } from 'node:net'
import { MortiseError } from '../../errors/index.js'

/** Where passkeys are used: what browsers and authenticators tie them to. */
export interface PasskeyOptions {
  /** The relying party id: the domain of the pages that ask for passkeys, or one above it. Passkeys are lost when it changes. */
  readonly rpId: string
  /** Origins of those pages. Default `https://` and the domain. */
  readonly origins?: readonly string[]
}

/** The same, checked (WebAuthn level 3 section 5.1.3). */
export interface RelyingParty {
  readonly rpId: string
  readonly origins: readonly string[]
}

/** @throws MORTISE_CONFIG_INVALID for what no browser would accept */
export function relyingParty({ rpId, origins = [] }: PasskeyOptions): RelyingParty {
  if (!URL.canParse(`https://${rpId}`) || new URL(`https://${rpId}`).host !== rpId || isIP(rpId) !== 0)
    throw invalid(`the domain of passkeys must be a host name in small letters, not ${rpId}`)
  for (const origin of origins) {
    const url = URL.canParse(origin) ? new URL(origin) : undefined
    const { hostname = '', protocol = '' } = url ?? {}
    const within = hostname === rpId || hostname.endsWith(`.${rpId}`)
    // What a browser calls a secure context.
    const secure = protocol === 'https:' || (protocol === 'http:' && /(^|\.)localhost$/.test(hostname))
    if (url?.origin !== origin || !within || !secure)
      throw invalid(
        `${origin} is not an origin of passkeys of ${rpId}: give https://, a host name in it and no path`,
      )
  }
  return { rpId, origins: origins.length > 0 ? origins : [`https://${rpId}`] }
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_CONFIG_INVALID', message)
}
