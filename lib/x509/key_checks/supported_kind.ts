import type { Lint } from '../lint.js'
import type { PublicKeyInfo } from '../public_key.js'

export const supportedKind: Lint<PublicKeyInfo> = {
  name: 'supported-kind',
  severity: 'error',
  citation: 'RFC 3279 section 2.3, RFC 5480 section 2.1.1, RFC 8410 section 4',
  find: ({ kind }) =>
    kind === undefined
      ? 'the key is neither RSA, nor EC on a named curve (P-256, P-384, P-521, secp256k1), Ed25519, Ed448, X25519 or X448'
      : undefined,
}
