import type { SignatureScheme, Usage } from '../../../core/index.js'

/** What a key does in JOSE, and what it is made as. A key does one thing, by the one algorithm that it has. */
export interface JoseAlgorithm {
  readonly kty: 'EC' | 'OKP' | 'RSA' | 'oct'
  /** A row of the core's algorithm table. */
  readonly algorithm: string
  /** Bits, where the algorithm says them. */
  readonly length?: number
  readonly curve?: string
  /** JOSE's name of the curve. */
  readonly crv?: string
  /** RFC 7517 section 4.3: of a secret key, or of a private and a public one. */
  readonly operations: readonly [own: readonly string[], ofPublic?: readonly string[]]
  readonly usage: readonly [own: readonly Usage[], ofPublic?: readonly Usage[]]
  readonly scheme?: SignatureScheme
}

const content = (length: number): JoseAlgorithm => ({
  kty: 'oct',
  algorithm: 'AES',
  length,
  operations: [['encrypt', 'decrypt']],
  usage: [['Encrypt', 'Decrypt']],
})
const hmac = (hash: number): JoseAlgorithm => ({
  kty: 'oct',
  algorithm: `HMAC-SHA-${hash}`,
  operations: [['sign', 'verify']],
  usage: [['MACGenerate', 'MACVerify']],
})
const signing = {
  operations: [['sign'], ['verify']],
  usage: [['Sign'], ['Verify']],
} as const satisfies Pick<JoseAlgorithm, 'operations' | 'usage'>
const rsa = (scheme: SignatureScheme): JoseAlgorithm => ({
  kty: 'RSA',
  algorithm: 'RSA',
  scheme,
  ...signing,
})
const ec = (scheme: SignatureScheme, curve: string): JoseAlgorithm => ({
  kty: 'EC',
  algorithm: 'EC',
  curve,
  crv: curve,
  scheme,
  ...signing,
})

/** RFC 7518 and RFC 8037, by JOSE's names: of AES keys that of the content encryption, which goes with `dir`. */
export const joseAlgorithms: Readonly<Record<string, JoseAlgorithm>> = {
  A128GCM: content(128),
  A192GCM: content(192),
  A256GCM: content(256),
  HS256: hmac(256),
  HS384: hmac(384),
  HS512: hmac(512),
  RS256: rsa('RS256'),
  RS384: rsa('RS384'),
  RS512: rsa('RS512'),
  PS256: rsa('PS256'),
  PS384: rsa('PS384'),
  PS512: rsa('PS512'),
  ES256: ec('ES256', 'P-256'),
  ES384: ec('ES384', 'P-384'),
  ES512: ec('ES512', 'P-521'),
  EdDSA: { kty: 'OKP', algorithm: 'Ed25519', crv: 'Ed25519', scheme: 'EdDSA', ...signing },
  'RSA-OAEP-256': {
    kty: 'RSA',
    algorithm: 'RSA',
    operations: [['decrypt'], ['encrypt']],
    usage: [['Decrypt'], ['Encrypt']],
  },
}

/** A key that unwraps content keys does nothing else: it decrypts no messages (docs/decisions/wrapping-keys-do-not-decrypt.md). */
export const unwrapping: JoseAlgorithm = {
  kty: 'RSA',
  algorithm: 'RSA',
  operations: [['unwrapKey'], ['wrapKey']],
  usage: [['UnwrapKey'], ['WrapKey']],
}

/** The algorithm of a key that was made elsewhere, where it can have one alone. */
export function impliedAlgorithm(
  algorithm: string,
  length: number,
  curve: string | undefined,
): string | undefined {
  if (algorithm === 'RSA') return undefined
  return Object.entries(joseAlgorithms).find(
    ([, one]) =>
      one.algorithm === algorithm &&
      (one.length === undefined || one.length === length) &&
      (one.curve === undefined || one.curve === curve),
  )?.[0]
}
