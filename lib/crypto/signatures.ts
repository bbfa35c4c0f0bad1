import { MortiseError } from '../errors/index.js'
import type { Curve, Hash, SignatureScheme } from '../native/index.js'
import type { Judged, Standing } from './policy.js'

interface Scheme {
  readonly algorithm: 'RSA' | 'EC' | 'Ed25519' | 'Ed448'
  readonly curve?: Curve
  /** The hash of the message; EdDSA hashes by itself. */
  readonly hash?: Hash
  readonly standing: Standing
}

/** JOSE's names (RFC 7518 section 3.1, RFC 8037, RFC 8812, RFC 9864), RS1 of RFC 8812 and PS1 like it, and what each needs of a key. The first that fits a key is its default. */
export const signatureSchemes: Readonly<Record<SignatureScheme, Scheme>> = {
  PS256: { algorithm: 'RSA', hash: 'SHA-256', standing: 'approved' },
  PS384: { algorithm: 'RSA', hash: 'SHA-384', standing: 'approved' },
  PS512: { algorithm: 'RSA', hash: 'SHA-512', standing: 'approved' },
  RS256: { algorithm: 'RSA', hash: 'SHA-256', standing: 'approved' },
  RS384: { algorithm: 'RSA', hash: 'SHA-384', standing: 'approved' },
  RS512: { algorithm: 'RSA', hash: 'SHA-512', standing: 'approved' },
  RS1: { algorithm: 'RSA', hash: 'SHA-1', standing: 'legacy' },
  PS1: { algorithm: 'RSA', hash: 'SHA-1', standing: 'legacy' },
  ES256: { algorithm: 'EC', curve: 'P-256', hash: 'SHA-256', standing: 'approved' },
  ES384: { algorithm: 'EC', curve: 'P-384', hash: 'SHA-384', standing: 'approved' },
  ES512: { algorithm: 'EC', curve: 'P-521', hash: 'SHA-512', standing: 'approved' },
  ES256K: { algorithm: 'EC', curve: 'secp256k1', hash: 'SHA-256', standing: 'compatible' },
  EdDSA: { algorithm: 'Ed25519', standing: 'approved' },
  Ed448: { algorithm: 'Ed448', standing: 'approved' },
}

/** A scheme as a policy sees it. */
export function judgedScheme(name: SignatureScheme): Judged {
  return { name, standing: signatureSchemes[name].standing }
}

/**
 * The scheme to sign or verify with: the requested one if it fits the key, or the key's default.
 *
 * @throws MORTISE_CRYPTO_UNSUPPORTED with those that fit
 */
export function signatureScheme(
  algorithm: string,
  curve: string | undefined,
  requested?: string,
): SignatureScheme {
  const fitting = (Object.keys(signatureSchemes) as SignatureScheme[]).filter((name) => {
    const scheme = signatureSchemes[name]
    return scheme.algorithm === algorithm && (scheme.curve === undefined || scheme.curve === curve)
  })
  const chosen = requested === undefined ? fitting[0] : fitting.find((name) => name === requested)
  if (chosen) return chosen
  throw new MortiseError(
    'MORTISE_CRYPTO_UNSUPPORTED',
    fitting.length === 0
      ? `keys of algorithm ${algorithm} do not sign`
      : `${requested} does not fit this ${curve ?? algorithm} key: choose one of ${fitting.join(', ')}`,
  )
}
