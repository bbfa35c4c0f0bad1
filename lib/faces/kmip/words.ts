/** The core's names of algorithms as KMIP's Cryptographic Algorithm has them. */
export const algorithmNames: Readonly<Record<string, string>> = {
  AES: 'AES',
  '3DES': 'DES3',
  ChaCha20: 'ChaCha20',
  'HMAC-SHA-1': 'HMAC_SHA1',
  'HMAC-SHA-224': 'HMAC_SHA224',
  'HMAC-SHA-256': 'HMAC_SHA256',
  'HMAC-SHA-384': 'HMAC_SHA384',
  'HMAC-SHA-512': 'HMAC_SHA512',
  'HMAC-SHA3-224': 'HMAC_SHA3_224',
  'HMAC-SHA3-256': 'HMAC_SHA3_256',
  'HMAC-SHA3-384': 'HMAC_SHA3_384',
  'HMAC-SHA3-512': 'HMAC_SHA3_512',
  RSA: 'RSA',
  EC: 'EC',
  Ed25519: 'Ed25519',
  Ed448: 'Ed448',
}
