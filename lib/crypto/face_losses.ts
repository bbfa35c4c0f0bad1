/** What a protocol offers its clients that the policy `approved` refuses. */
export interface FaceLoss {
  readonly face: string
  /** Names of the policy table. */
  readonly refused: readonly string[]
  /** What that means to its clients. */
  readonly effect: string
}

/** By the faces of ARCHITECTURE.md; the protocols' own lists of algorithms are the source. */
export const faceLosses: readonly FaceLoss[] = [
  {
    face: 'kmip',
    refused: ['HMAC-SHA-1', 'SHA-1', 'EC secp256k1', 'ES256K', 'X25519', 'X448'],
    effect: 'no keys of HMAC-SHA1, SECP256K1, CURVE25519 and CURVE448; no Hash with SHA-1',
  },
  {
    face: 'keymanager',
    refused: ['EC secp256k1', 'ES256K'],
    effect:
      'the signing keys EC_SECP256K1_SIGN (ES256K) are not made; SHA-1 in key identifiers protects nothing and stays',
  },
  { face: 'ciphertrust', refused: ['HMAC-SHA-1'], effect: 'no keys of hmac-sha1' },
  { face: 'keyservice', refused: [], effect: 'nothing' },
  {
    face: 'oauth2',
    refused: [],
    effect: 'nothing: SHA-1 in x5t is an identifier of a certificate and protects nothing',
  },
  { face: 'admin', refused: [], effect: 'what the table refuses, and nothing else' },
]
