import { type Hash, native } from '../../../lib/native/index.js'
import { empty, hex } from '../support.js'
import type { Case, Runner, Runners } from './runner.js'

type AeadCase = Case & { key: string; iv: string; aad: string; msg: string; ct: string; tag: string }
const aeads = {
  'AES-GCM': { type: 'AES', mode: 'GCM', shortest: 64, longest: 1024 },
  'CHACHA20-POLY1305': { type: 'ChaCha20', mode: 'ChaCha20-Poly1305', shortest: 96, longest: 96 },
} as const

const aead: Runner<AeadCase, { ivSize: number; tagSize: number }> = {
  outside: ({ ivSize, tagSize }, _, algorithm) => {
    const { shortest, longest } = aeads[algorithm as keyof typeof aeads]
    if (ivSize < shortest || ivSize > longest) return `IVs are of ${shortest} to ${longest} bits`
    return tagSize < 96 ? 'tags are of 96 bits or more' : undefined
  },
  accepts: ({ ivSize, tagSize }, test, algorithm) => {
    const { type, mode } = aeads[algorithm as keyof typeof aeads]
    const key = native.importSecret(type, hex(test.key))
    const [iv, msg, aad, sealed] = [hex(test.iv), hex(test.msg), hex(test.aad), hex(test.ct + test.tag)]
    const given = [mode, false, tagSize / 8, iv] as const
    // What bare records and callers' IVs go through is code of its own.
    const short = mode === 'GCM' && ivSize === 96 && tagSize === 128
    return (
      native.modeDecrypt(key, ...given, sealed, aad).equals(msg) &&
      native.modeEncrypt(key, ...given, msg, aad).equals(sealed) &&
      (!short ||
        (native.gcmOpen(key, iv, sealed, aad).equals(msg) &&
          native.gcmSealWithIv(key, iv, msg, aad).equals(sealed)))
    )
  },
}

type CbcCase = Case & { key: string; iv: string; msg: string; ct: string }
const cbc: Runner<CbcCase> = {
  accepts: (_, test) => {
    const key = native.importSecret('AES', hex(test.key))
    const given = ['CBC', true, 0, hex(test.iv)] as const
    return (
      native.modeDecrypt(key, ...given, hex(test.ct), empty).equals(hex(test.msg)) &&
      native.modeEncrypt(key, ...given, hex(test.msg), empty).equals(hex(test.ct))
    )
  },
}

type WrapCase = Case & { key: string; msg: string; ct: string }
const wrap: Runner<WrapCase> = {
  accepts: (_, test, algorithm) => {
    const mode = algorithm === 'AES-KWP' ? 'AES-KWP' : 'AES-KW'
    const key = native.importSecret('AES', hex(test.key))
    // Whatever its length, it can be data.
    const target = native.unwrapKey(key, hex(test.ct), mode, 'secret', 'Data')
    return (
      native.exportKey(target).equals(hex(test.msg)) && native.wrapKey(key, target, mode).equals(hex(test.ct))
    )
  },
}

type MacCase = Case & { key: string; msg: string; tag: string }
const mac: Runner<MacCase, { tagSize: number }> = {
  outside: (_, { key }, algorithm) =>
    algorithm !== 'AES-CMAC' && (key.length < 28 || key.length > 256)
      ? 'HMAC keys have 14 to 128 bytes'
      : undefined,
  accepts: ({ tagSize }, test, algorithm) => {
    const [key, msg] = [hex(test.key), hex(test.msg)]
    const tag =
      algorithm === 'AES-CMAC'
        ? native.cmac(native.importSecret('AES', key), msg)
        : native.hmac(native.importSecret('HMAC', key), hashOfMac(algorithm), msg)
    return native.equal(tag.subarray(0, tagSize / 8), hex(test.tag))
  },
}

/** HMACSHA256 is of SHA-256, HMACSHA3-256 of SHA3-256. */
export function hashOfMac(algorithm: string): Hash {
  return algorithm.replace(/^.*HMAC/, '').replace(/^SHA(?!3-)/, 'SHA-') as Hash
}

export const symmetric: Runners = {
  aead_test_schema_v1: aead,
  ind_cpa_test_schema_v1: cbc,
  keywrap_test_schema_v1: wrap,
  mac_test_schema_v1: mac,
}
