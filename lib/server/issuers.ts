import type { TrustedIssuer } from '../core/index.js'

/** `ISSUER[,JWKS[,AUDIENCE...]]`; an empty part is none. What it says is checked where it is used. */
export function trustedIssuer(text: string): TrustedIssuer {
  const [issuer = '', jwks, ...audiences] = text.split(',').map((part) => part.trim())
  return { issuer, jwks: jwks || null, audiences: audiences.filter((audience) => audience !== '') }
}
