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
    refused: [
      '3DES',
      'ECB',
      'caller IV',
      'ChaCha20',
      'SKIPJACK',
      'DSA',
      'ChaCha20-Poly1305',
      'HMAC-SHA-1',
      'SHA-1',
      'EC secp256k1',
      'ES256K',
      'X25519',
      'X448',
      'RSA 1024',
      'RS1',
      'PS1',
      'HMAC of an AES key',
      'signature of a bare digest',
      'PBKDF2 of fewer than 1000 iterations',
      'derivation by Hash',
      'derivation by HMAC',
      'derivation by encryption',
      'derivation by Agreed',
    ],
    effect:
      'no keys of 3DES (the Symmetric Key Lifecycle profile has them), ChaCha20, SKIPJACK, DSA, HMAC-SHA1, SECP256K1, CURVE25519 and CURVE448; Encrypt not with ECB nor with the IV of a client that does not ask for a random one; no Hash with SHA-1; no keys of RSA with 1,024 bits; no HMAC by keys of AES; no signatures with SHA-1 nor of digests of which nobody says the hash; no keys derived by HASH, HMAC, ENCRYPT, AsymmetricKey and few iterations of PBKDF2',
  },
  {
    face: 'keymanager',
    refused: ['EC secp256k1', 'ES256K', 'ECB', 'SHA-1'],
    effect:
      'the signing keys EC_SECP256K1_SIGN (ES256K) are not made, zkEncrypt and zkReEncryptRandomKey are refused (AES-ECB), and so is what is encrypted to keys of Android (MGF1 with SHA-1); SHA-1 in thumbprints protects nothing and stays',
  },
  {
    face: 'ciphertrust',
    refused: ['3DES', 'HMAC-SHA-1', 'ECB', 'caller IV'],
    effect: 'no keys of tdes and hmac-sha1; encrypt not in mode ecb nor with an iv of the client',
  },
  { face: 'cosmian', refused: [], effect: 'nothing of JOSE; of its KMIP what that loses' },
  { face: 'keyservice', refused: [], effect: 'nothing' },
  {
    face: 'oauth2',
    refused: [],
    effect: 'nothing: SHA-1 in x5t is an identifier of a certificate and protects nothing',
  },
  { face: 'admin', refused: [], effect: 'what the table refuses, and nothing else' },
]
