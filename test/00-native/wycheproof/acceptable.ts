import type { Case } from './runner.js'

/** Whether a test that leaves the choice is to be accepted; undefined where nobody has decided. */
export function acceptable(file: string, { tcId, flags }: Case): boolean | undefined {
  // Only what is encoded in DER is read, but for the little that OpenSSL reads besides; it is written anew as DER.
  if (flags.includes('InvalidAsn') || flags.includes('InvalidPem'))
    return lenient[file]?.includes(tcId) ?? false
  const [, decided] = byFlag.find(([flag]) => flags.includes(flag)) ?? []
  return decided
}

/** Tests whose result is that of a parameter which is not ours. */
export const exceptions: Readonly<Record<string, Readonly<Record<number, boolean>>>> = {
  // Signed with a salt of 32 bytes instead of none: a signature of PS256.
  'rsa_pss_2048_sha256_mgf1_0_test.json': { 69: true },
  // Of fewer bytes than the modulus (RFC 8017 section 8.2.1).
  'rsa_pkcs1_1024_sig_gen_test.json': { 153: false },
}

const byFlag: readonly (readonly [flag: string, accepted: boolean])[] = [
  // A point of small order leads to a secret that everybody knows (RFC 7748 section 6).
  ['ZeroSharedSecret', false],
  // Strings that are no coordinate of the curve, or none in its one form, are public keys all the same (RFC 7748 section 5).
  ['Twist', true],
  ['NonCanonicalPublic', true],
  ['SpecialPublicKey', true],
  ['CompressedPublic', true],
  // The policy decides on SHA-1 and small moduli; OAEP has labels.
  ['SmallModulus', true],
  ['WeakHash', true],
  ['EncryptionWithLabel', true],
  // Parameters that are spelt out are refused.
  ['UnnamedCurve', false],
  // AES-KW of one block of 8 bytes is RFC 3394's to refuse.
  ['ShortKey', false],
  // A DigestInfo without its NULL parameters is not what RFC 8017 encodes.
  ['MissingNull', false],
  // In these RSA keys with the exponent 3 one prime is twice as long as the other, which no key here may have.
  ['SmallPublicKey', false],
]

/** Long forms of lengths, indefinite lengths, unused bits of a BIT STRING. */
const lenient: Readonly<Record<string, readonly number[]>> = {
  'ecdh_secp256r1_test.json': [391, 392, 393, 394, 435, 459, 460, 490, 491, 492, 493, 576, 577, 593],
  'ecdh_secp384r1_test.json': [826, 827, 828, 829, 870, 894, 895, 925, 926, 927, 928, 1011, 1012, 1028],
  'ecdh_secp521r1_test.json': [697, 698, 739, 763, 764, 791, 795, 796, 797, 798, 881, 897, 908, 913],
  'ecdh_secp256r1_pem_test.json': [490, 491, 492, 493],
  'ecdh_secp384r1_pem_test.json': [925, 926, 927, 928],
  'ecdh_secp521r1_pem_test.json': [795, 796, 797, 798, 908, 913],
}
