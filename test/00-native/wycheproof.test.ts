import { createECDH, createPrivateKey, hkdfSync } from 'node:crypto'
import t from 'tap'
import { isMortiseError } from '../../lib/errors/index.js'
import {
  type Hash,
  type KeyHandle,
  native,
  type SignatureScheme,
  type SignOptions,
} from '../../lib/native/index.js'
import { empty, hex, wycheproof } from './support.js'

interface Case {
  readonly tcId: number
  readonly comment: string
  readonly flags: readonly string[]
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

interface Group<C extends Case> {
  readonly tests: readonly C[]
}

// The files of agreement have thousands of tests.
t.setTimeout(180_000)

/** What is decided of each test that a file calls acceptable, by its flag. */
const acceptable: Record<string, boolean> = {
  // AES-KW of one block of 8 bytes is RFC 3394's to refuse.
  ShortKey: false,
  // A DigestInfo without its NULL parameters is not what RFC 8017 encodes.
  MissingNull: false,
  // A point of small order leads to a secret that everybody knows (RFC 7748 section 6).
  ZeroSharedSecret: false,
  // Strings that are no coordinate of the curve, or none in its one form, are public keys all the same (RFC 7748 section 5).
  Twist: true,
  NonCanonicalPublic: true,
  SpecialPublicKey: true,
  CompressedPublic: true,
  // Parameters that are spelt out are refused.
  UnnamedCurve: false,
}

/** Runs every test of the file: `attempt` answers whether it was accepted, or why it is skipped. */
function suite<C extends Case, G extends Group<C>>(
  name: string,
  attempt: (group: G, test: C) => boolean | string | Promise<boolean | string>,
): void {
  t.test(name, async (t) => {
    const file = wycheproof<G>(name)
    if (file === null) {
      t.pass(name, { skip: 'the Wycheproof vectors are not beside the project' })
      return
    }
    const skipped = new Map<string, number>()
    let run = 0
    for (const group of file.testGroups) {
      for (const test of group.tests) {
        const answer = await attempt(group, test)
        if (typeof answer === 'string') {
          skipped.set(answer, (skipped.get(answer) ?? 0) + 1)
          continue
        }
        run++
        // Encodings that differ from DER may be read or not: what was read is written anew (RFC 5280 section 4.1).
        if (test.result === 'acceptable' && test.flags.includes('InvalidAsn')) continue
        const flag = Object.keys(acceptable).find((each) => test.flags.includes(each))
        const expected =
          test.result === 'acceptable'
            ? flag === undefined
              ? undefined
              : acceptable[flag]
            : test.result === 'valid'
        if (answer !== expected)
          t.fail(
            `${test.tcId} ${test.comment} [${test.flags}]: ${test.result}, and was ${answer ? 'accepted' : 'rejected'}`,
          )
      }
    }
    for (const [reason, count] of skipped) t.comment(`skipped ${count}: ${reason}`)
    t.ok(run > 0, `${run} tests`)
  })
}

/** Whether it was done, where a refusal of the input is an answer and anything else an accident. */
function accepted(action: () => boolean): boolean {
  try {
    return action()
  } catch (error) {
    if (
      isMortiseError(error, 'MORTISE_CRYPTO_DECRYPTION_FAILED') ||
      isMortiseError(error, 'MORTISE_CRYPTO_KEY_INVALID')
    )
      return false
    throw error
  }
}

type AeadCase = Case & { key: string; iv: string; aad: string; msg: string; ct: string; tag: string }
for (const [file, type, mode] of [
  ['aes_gcm_test', 'AES', 'GCM'],
  ['chacha20_poly1305_test', 'ChaCha20', 'ChaCha20-Poly1305'],
] as const) {
  suite<AeadCase, Group<AeadCase> & { ivSize: number; tagSize: number }>(file, (group, test) => {
    if (group.tagSize < 96) return 'tags are of 96 bits or more'
    if (mode === 'GCM' && (group.ivSize < 64 || group.ivSize > 1024)) return 'IVs are of 64 to 1024 bits'
    if (mode !== 'GCM' && group.ivSize !== 96) return 'IVs are of 96 bits'
    const key = native.importSecret(type, hex(test.key))
    const sealed = hex(test.ct + test.tag)
    const given = [mode, false, group.tagSize / 8, hex(test.iv)] as const
    return accepted(() => {
      const opened = native.modeDecrypt(key, ...given, sealed, hex(test.aad))
      return (
        opened.equals(hex(test.msg)) &&
        native.modeEncrypt(key, ...given, hex(test.msg), hex(test.aad)).equals(sealed)
      )
    })
  })
}

type CbcCase = Case & { key: string; iv: string; msg: string; ct: string }
suite<CbcCase, Group<CbcCase>>('aes_cbc_pkcs5_test', (_, test) => {
  const key = native.importSecret('AES', hex(test.key))
  return accepted(
    () =>
      native.modeDecrypt(key, 'CBC', true, 0, hex(test.iv), hex(test.ct), empty).equals(hex(test.msg)) &&
      native.modeEncrypt(key, 'CBC', true, 0, hex(test.iv), hex(test.msg), empty).equals(hex(test.ct)),
  )
})

type CmacCase = Case & { key: string; msg: string; tag: string }
suite<CmacCase, Group<CmacCase> & { tagSize: number }>('aes_cmac_test', (group, test) =>
  accepted(() => {
    const tag = native.cmac(native.importSecret('AES', hex(test.key)), hex(test.msg))
    return native.equal(tag.subarray(0, group.tagSize / 8), hex(test.tag))
  }))

suite<AeadCase, Group<AeadCase> & { ivSize: number; tagSize: number }>('aes_gcm_test', (group, test) => {
  if (group.ivSize !== 96) return 'IVs are of 96 bits'
  if (group.tagSize !== 128) return 'tags are of 128 bits'
  const key = native.importSecret('AES', hex(test.key))
  const sealed = hex(test.ct + test.tag)
  return accepted(() => {
    const opened = native.gcmOpen(key, hex(test.iv), sealed, hex(test.aad))
    return (
      opened.equals(hex(test.msg)) &&
      native.gcmSealWithIv(key, hex(test.iv), hex(test.msg), hex(test.aad)).equals(sealed)
    )
  })
})

type WrapCase = Case & { key: string; msg: string; ct: string }
for (const [file, mode] of [
  ['aes_wrap_test', 'AES-KW'],
  ['aes_kwp_test', 'AES-KWP'],
] as const) {
  suite<WrapCase, Group<WrapCase>>(file, (_, test) => {
    const size = test.msg.length / 2
    // Bytes of these lengths are no key here, so that a valid wrapping of them cannot be shown to open.
    if (test.result === 'valid' && (size < 14 || size > 128)) return 'secret keys are of 14 to 128 bytes'
    const key = native.importSecret('AES', hex(test.key))
    return accepted(() => {
      const target = native.unwrapKey(key, hex(test.ct), mode, 'secret', 'HMAC')
      return (
        native.exportKey(target).equals(hex(test.msg)) &&
        native.wrapKey(key, target, mode).equals(hex(test.ct))
      )
    })
  })
}

type MacCase = Case & { key: string; msg: string; tag: string }
for (const [file, hash] of [
  ['hmac_sha224_test', 'SHA-224'],
  ['hmac_sha256_test', 'SHA-256'],
  ['hmac_sha384_test', 'SHA-384'],
  ['hmac_sha512_test', 'SHA-512'],
  ['hmac_sha1_test', 'SHA-1'],
  ['hmac_sha512_256_test', 'SHA-512/256'],
  ['hmac_sha3_256_test', 'SHA3-256'],
  ['hmac_sha3_512_test', 'SHA3-512'],
] as const satisfies [string, Hash][]) {
  suite<MacCase, Group<MacCase> & { tagSize: number }>(file, (group, test) => {
    const size = test.key.length / 2
    if (size < 14 || size > 128) return 'HMAC keys are of 112 to 1024 bits'
    const tag = native
      .hmac(native.importSecret('HMAC', hex(test.key)), hash, hex(test.msg))
      .subarray(0, group.tagSize / 8)
    return native.equal(tag, hex(test.tag))
  })
}

type SignatureCase = Case & { msg: string; sig: string }
type VerifyGroup = Group<SignatureCase> & {
  publicKeyDer: string
  sha?: string
  mgfSha?: string
  sLen?: number
}

function verifySuite(
  file: string,
  scheme: SignatureScheme,
  options: SignOptions = {},
  skip: (group: VerifyGroup) => string | null = () => null,
): void {
  const keys = new Map<VerifyGroup, KeyHandle>()
  suite<SignatureCase, VerifyGroup>(file, (group, test) => {
    const reason = skip(group)
    if (reason !== null) return reason
    const key = keys.get(group) ?? native.importPublic(hex(group.publicKeyDer))
    keys.set(group, key)
    return native.verify(key, scheme, hex(test.msg), hex(test.sig), options)
  })
}

for (const [curve, hash, scheme] of [
  ['256', '256', 'ES256'],
  ['384', '384', 'ES384'],
  ['521', '512', 'ES512'],
] as const) {
  verifySuite(`ecdsa_secp${curve}r1_sha${hash}_test`, scheme)
  verifySuite(`ecdsa_secp${curve}r1_sha${hash}_p1363_test`, scheme, { encoding: 'p1363' })
}
verifySuite('ecdsa_secp256k1_sha256_test', 'ES256K')
verifySuite('ecdsa_secp256k1_sha256_p1363_test', 'ES256K', { encoding: 'p1363' })
verifySuite('ed25519_test', 'EdDSA')
verifySuite('ed448_test', 'Ed448')
for (const bits of ['2048', '3072', '4096']) {
  for (const hash of ['256', '384', '512'] as const)
    verifySuite(`rsa_signature_${bits}_sha${hash}_test`, `RS${hash}`)
}
for (const [file, scheme] of [
  ['rsa_pss_2048_sha256_mgf1_32_test', 'PS256'],
  ['rsa_pss_3072_sha256_mgf1_32_test', 'PS256'],
  ['rsa_pss_4096_sha256_mgf1_32_test', 'PS256'],
  ['rsa_pss_2048_sha384_mgf1_48_test', 'PS384'],
  ['rsa_pss_4096_sha384_mgf1_48_test', 'PS384'],
  ['rsa_pss_4096_sha512_mgf1_64_test', 'PS512'],
  ['rsa_pss_misc_test', 'PS256'],
] as const) {
  const hash = `SHA-${scheme.slice(2)}`
  verifySuite(file, scheme, {}, (group) =>
    group.sha !== hash || group.mgfSha !== hash || group.sLen !== Number(scheme.slice(2)) / 8
      ? 'the salt is as long as the hash, MGF1 has the same hash'
      : null,
  )
}

t.test('a PSS signature with another salt length does not verify', async (t) => {
  const file = wycheproof<VerifyGroup>('rsa_pss_2048_sha256_mgf1_0_test')
  for (const group of file?.testGroups ?? []) {
    const key = native.importPublic(hex(group.publicKeyDer))
    for (const test of group.tests.filter((test) => test.result === 'valid')) {
      t.notOk(native.verify(key, 'PS256', hex(test.msg), hex(test.sig), {}))
    }
  }
})

type OaepCase = Case & { msg: string; ct: string; label: string }
for (const [bits, hash] of [
  ['2048', '224'],
  ['2048', '256'],
  ['2048', '384'],
  ['2048', '512'],
  ['3072', '256'],
  ['3072', '512'],
  ['4096', '256'],
  ['4096', '512'],
] as const) {
  const keys = new Map<object, KeyHandle>()
  suite<
    OaepCase,
    Group<OaepCase> & { privateKeyPkcs8: string }
  >(`rsa_oaep_${bits}_sha${hash}_mgf1sha${hash}_test`, async (group, test) => {
    if (test.label !== '') return 'labels are empty'
    const key = keys.get(group) ?? native.importPrivate(hex(group.privateKeyPkcs8))
    keys.set(group, key)
    // What is too long for any key is refused before there is a promise.
    const opened = await Promise.resolve()
      .then(() => native.oaepDecrypt(key, `SHA-${hash}`, hex(test.ct)))
      .catch((error: unknown) => {
        if (isMortiseError(error, 'MORTISE_CRYPTO_DECRYPTION_FAILED')) return null
        throw error
      })
    return opened?.equals(test.msg === '' ? empty : hex(test.msg)) ?? false
  })
}

/** What is compared of a derivation in place of the secret itself, which never leaves. */
const expand = (secret: Uint8Array) => Buffer.from(hkdfSync('sha256', secret, empty, empty, 32))
const agreed = async (own: KeyHandle, peer: KeyHandle) =>
  native.exportKey(await native.deriveKey(own, peer, 'HKDF', 'SHA-256', {}, 'AES', 256))

/** The same for promises. */
async function acceptedLater(action: () => Promise<boolean>): Promise<boolean> {
  try {
    return await action()
  } catch (error) {
    if (
      isMortiseError(error, 'MORTISE_CRYPTO_KEY_INVALID') ||
      isMortiseError(error, 'MORTISE_CRYPTO_UNSUPPORTED')
    )
      return false
    throw error
  }
}

type AgreementCase = Case & { public: string; private: string; shared: string }
const scalars = { secp256r1: 32, secp384r1: 48, secp521r1: 66 } as const
const curveNames = { secp256r1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' } as const
for (const curve of Object.keys(scalars) as (keyof typeof scalars)[]) {
  suite<AgreementCase, Group<AgreementCase>>(`ecdh_${curve}_test`, (_, test) =>
    acceptedLater(async () => {
      const own = ownKey(curve, test.private)
      return (await agreed(own, native.importPublic(hex(test.public)))).equals(expand(hex(test.shared)))
    }))
}

/** A private key from its scalar alone. */
function ownKey(curve: keyof typeof scalars, scalar: string): KeyHandle {
  const ecdh = createECDH(curve === 'secp256r1' ? 'prime256v1' : curve)
  const size = scalars[curve]
  const d = hex(scalar.padStart(2 * size, '0').slice(-2 * size))
  ecdh.setPrivateKey(d)
  const point = ecdh.getPublicKey()
  const jwk = {
    kty: 'EC',
    crv: curveNames[curve],
    d: d.toString('base64url'),
    x: point.subarray(1, 1 + size).toString('base64url'),
    y: point.subarray(1 + size).toString('base64url'),
  }
  return native.importPrivate(
    createPrivateKey({ key: jwk, format: 'jwk' }).export({ type: 'pkcs8', format: 'der' }),
  )
}

const montgomery = {
  x25519: { size: 32, private: '302e020100300506032b656e04220420', public: '302a300506032b656e032100' },
  x448: { size: 56, private: '3046020100300506032b656f043a0438', public: '3042300506032b656f033900' },
} as const
for (const [name, { size, ...head }] of Object.entries(montgomery)) {
  suite<AgreementCase, Group<AgreementCase>>(`${name}_test`, (_, test) => {
    if (test.public.length !== 2 * size) return 'public keys have the length of their curve'
    return acceptedLater(async () => {
      const own = native.importPrivate(hex(head.private + test.private))
      const peer = native.importPublic(hex(head.public + test.public))
      return (await agreed(own, peer)).equals(expand(hex(test.shared)))
    })
  })
}

type HkdfCase = Case & { ikm: string; salt: string; info: string; size: number; okm: string }
type PbkdfCase = Case & { password: string; salt: string; iterationCount: number; dkLen: number; dk: string }
/** Keys are of 112 to 1024 bits: what goes in, and what comes out. */
const isKey = (size: number) => size >= 14 && size <= 128
for (const bits of ['256', '384', '512'] as const) {
  suite<HkdfCase, Group<HkdfCase>>(`hkdf_sha${bits}_test`, async (_, test) => {
    if (!isKey(test.ikm.length / 2) || !isKey(test.size)) return 'keys are of 112 to 1024 bits'
    const inputs = { salt: hex(test.salt), info: hex(test.info) }
    const base = native.importSecret('HMAC', hex(test.ikm))
    const key = await native.deriveKey(base, undefined, 'HKDF', `SHA-${bits}`, inputs, 'HMAC', test.size * 8)
    return native.exportKey(key).equals(hex(test.okm))
  })
}
for (const bits of ['256', '512'] as const) {
  suite<PbkdfCase, Group<PbkdfCase>>(`pbkdf2_hmacsha${bits}_test`, async (_, test) => {
    if (!isKey(test.password.length / 2) || !isKey(test.dkLen)) return 'keys are of 112 to 1024 bits'
    if (test.iterationCount > 100_000) return 'more iterations than are waited for'
    const inputs = { salt: hex(test.salt), iterations: test.iterationCount }
    const base = native.importSecret('HMAC', hex(test.password))
    const key = await native.deriveKey(
      base,
      undefined,
      'PBKDF2',
      `SHA-${bits}`,
      inputs,
      'HMAC',
      test.dkLen * 8,
    )
    return native.exportKey(key).equals(hex(test.dk))
  })
}
