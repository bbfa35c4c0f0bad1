import { type Hash, type KdfInputs, type KdfMethod, native } from '../../../lib/native/index.js'
import { hex } from '../support.js'
import type { Case, Runner, Runners } from './runner.js'
import { hashOfMac } from './symmetric.js'

/** What is derived becomes a key. */
async function derived(
  method: KdfMethod,
  hash: Hash,
  secret: string,
  inputs: KdfInputs,
  size: number,
): Promise<Buffer> {
  const base = native.importSecret('Data', hex(secret))
  return native.exportKey(await native.deriveKey(base, undefined, method, hash, inputs, 'HMAC', 8 * size))
}

const sizes = (size: number) =>
  size < 14 || size > 128 ? 'keys that are derived have 14 to 128 bytes' : undefined

type HkdfCase = Case & { ikm: string; salt: string; info: string; size: number; okm: string }
const hkdf: Runner<HkdfCase> = {
  outside: (_, { size }) => sizes(size),
  accepts: async (_, test, algorithm) => {
    const inputs = { salt: hex(test.salt), info: hex(test.info) }
    const hash = algorithm.replace('HKDF-', '') as Hash
    return (await derived('HKDF', hash, test.ikm, inputs, test.size)).equals(hex(test.okm))
  },
}

type PbkdfCase = Case & { password: string; salt: string; iterationCount: number; dkLen: number; dk: string }
const pbkdf2: Runner<PbkdfCase> = {
  outside: (_, { password, iterationCount, dkLen }) => {
    if (password === '') return 'no key is empty'
    return iterationCount > 10_000_000 ? 'iterations are at most 10,000,000' : sizes(dkLen)
  },
  accepts: async (_, test, algorithm) => {
    const inputs = { salt: hex(test.salt), iterations: test.iterationCount }
    const key = await derived('PBKDF2', hashOfMac(algorithm), test.password, inputs, test.dkLen)
    return key.equals(hex(test.dk))
  },
}

export const derivation: Runners = {
  hkdf_test_schema_v1: hkdf,
  pbkdf_test_schema: pbkdf2,
}
