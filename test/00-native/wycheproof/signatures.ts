import { createHash } from 'node:crypto'
import { type KeyHandle, native, type SignatureScheme } from '../../../lib/native/index.js'
import { bytes, hex } from '../support.js'
import type { Case, Runner, Runners } from './runner.js'

export type SignatureCase = Case & { msg: string; sig: string }

/** One key in several encodings, of which the first is always there. */
export interface PublicKeys {
  readonly publicKeyDer: string
  readonly publicKeyPem?: string
  readonly publicKeyJwk?: object
}

/** A group's key is made once. */
export function oneKeyEach<G extends object>(
  make: (group: G) => KeyHandle | Promise<KeyHandle>,
): (group: G) => Promise<KeyHandle> {
  const keys = new WeakMap<G, KeyHandle>()
  return async (group) => {
    const key = keys.get(group) ?? (await make(group))
    keys.set(group, key)
    return key
  }
}

export const publicKeyOf = oneKeyEach(async ({ publicKeyDer, publicKeyPem, publicKeyJwk }: PublicKeys) => {
  const key = native.importPublic(hex(publicKeyDer))
  const others = [publicKeyPem, publicKeyJwk && JSON.stringify(publicKeyJwk)]
  for (const text of others.filter((text) => text !== undefined)) {
    const other = await native.importEncoded(bytes(text), {})
    if (!native.exportKey(other).equals(native.exportKey(key))) throw new Error(`another key: ${text}`)
  }
  return key
})

type EcdsaGroup = PublicKeys & { publicKey: { curve: string }; sha: string }
const curves = {
  secp256r1: { scheme: 'ES256', hash: 'SHA-256', size: 32 },
  secp384r1: { scheme: 'ES384', hash: 'SHA-384', size: 48 },
  secp521r1: { scheme: 'ES512', hash: 'SHA-512', size: 64 },
  secp256k1: { scheme: 'ES256K', hash: 'SHA-256', size: 32 },
} as const

function ecdsa(encoding: 'der' | 'p1363'): Runner<SignatureCase, EcdsaGroup> {
  return {
    accepts: async (group, test) => {
      const { scheme, hash, size } = curves[group.publicKey.curve as keyof typeof curves]
      const key = await publicKeyOf(group)
      const [msg, sig] = [hex(test.msg), hex(test.sig)]
      if (group.sha === hash) return native.verify(key, scheme, msg, sig, { encoding })
      // Another hash counts by its leftmost bits, and a shorter one as the same number (FIPS 186-5 section 6.4.1).
      const digest = createHash(group.sha.replace('-', '')).update(msg).digest().subarray(0, size)
      const padded = Buffer.concat([Buffer.alloc(size - digest.length), digest])
      return native.verify(key, scheme, padded, sig, { encoding, digested: true })
    },
  }
}

const eddsa: Runner<SignatureCase, PublicKeys & { publicKey: { curve: string } }> = {
  accepts: async (group, test) => {
    const scheme: SignatureScheme = group.publicKey.curve === 'edwards448' ? 'Ed448' : 'EdDSA'
    return native.verify(await publicKeyOf(group), scheme, hex(test.msg), hex(test.sig), {})
  },
}

export const signatures: Runners = {
  ecdsa_verify_schema_v1: ecdsa('der'),
  ecdsa_p1363_verify_schema_v1: ecdsa('p1363'),
  eddsa_verify_schema_v1: eddsa,
}
