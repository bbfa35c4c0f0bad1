import { createECDH, hkdfSync } from 'node:crypto'
import { type KeyHandle, native } from '../../../lib/native/index.js'
import { bytes, empty, hex } from '../support.js'
import type { Case, Runner, Runners } from './runner.js'

type AgreementCase = Case & { public: string; private: string; shared: string }
interface Curve {
  readonly curve: string
}
type Import = (curve: string, key: string) => KeyHandle | Promise<KeyHandle>

/** The secret never leaves: what is derived of it is compared. */
function agreement(own: Import, peer: Import): Runner<AgreementCase, Curve> {
  return {
    accepts: async ({ curve }, test) => {
      const [mine, theirs] = [await own(curve, test.private), await peer(curve, test.public)]
      const key = await native.deriveKey(mine, theirs, 'HKDF', 'SHA-256', {}, 'AES', 256)
      const expected = Buffer.from(hkdfSync('sha256', hex(test.shared), empty, empty, 32))
      return native.exportKey(key).equals(expected)
    },
  }
}

const privateDer: Import = (_, der) => native.importPrivate(hex(der))
const publicDer: Import = (_, der) => native.importPublic(hex(der))
const pem: Import = (_, text) => native.importEncoded(bytes(text), {})

const weierstrass = {
  secp256r1: {
    size: 32,
    openssl: 'prime256v1',
    jwk: 'P-256',
    spki: '3059301306072a8648ce3d020106082a8648ce3d030107034200',
  },
  secp384r1: {
    size: 48,
    openssl: 'secp384r1',
    jwk: 'P-384',
    spki: '3076301006072a8648ce3d020106052b81040022036200',
  },
  secp521r1: {
    size: 66,
    openssl: 'secp521r1',
    jwk: 'P-521',
    spki: '30819b301006072a8648ce3d020106052b8104002303818600',
  },
} as const

/** Most private keys come several times, and to check one of P-521 takes longer than all else. */
function once(make: Import): Import {
  const keys = new Map<string, KeyHandle>()
  return async (curve, text) => {
    const name = `${curve} ${text}`
    const key = keys.get(name) ?? (await make(curve, text))
    keys.set(name, key)
    return key
  }
}

/** A private key from its scalar alone, by way of a JWK. */
const scalar = once((curve, text) => {
  const { size, openssl, jwk } = weierstrass[curve as keyof typeof weierstrass]
  const d = hex(text.padStart(2 * size, '0').slice(-2 * size))
  const ecdh = createECDH(openssl)
  ecdh.setPrivateKey(d)
  const point = ecdh.getPublicKey()
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)]
  const members = { kty: 'EC', crv: jwk, d, x, y }
  const encoded = JSON.stringify(members, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64url') : value,
  )
  return native.importEncoded(bytes(encoded), { format: 'jwk' })
})

/** A SubjectPublicKeyInfo around a point, of whatever length it is. */
const point: Import = (curve, text) => {
  const { size, spki } = weierstrass[curve as keyof typeof weierstrass]
  const missing = 1 + 2 * size - text.length / 2
  const head = hex(spki)
  // The lengths of the outer element and of the BIT STRING, which stand in one byte or the second of two.
  for (const at of [size === 66 ? 2 : 1, head.length - 2]) head[at]! -= missing
  return native.importPublic(Buffer.concat([head, hex(text)]))
}

const montgomery = {
  curve25519: { size: 32, private: '302e020100300506032b656e04220420', public: '302a300506032b656e032100' },
  curve448: { size: 56, private: '3046020100300506032b656f043a0438', public: '3042300506032b656f033900' },
} as const
const headed =
  (which: 'private' | 'public', take: Import): Import =>
  (curve, key) =>
    take(curve, montgomery[curve as keyof typeof montgomery][which] + key)

export const agreements: Runners = {
  ecdh_test_schema_v1: agreement(scalar, publicDer),
  ecdh_ecpoint_test_schema_v1: agreement(scalar, point),
  ecdh_pem_test_schema_v1: agreement(once(pem), pem),
  xdh_comp_schema_v1: agreement(headed('private', privateDer), headed('public', publicDer)),
  xdh_asn_comp_schema_v1: agreement(privateDer, publicDer),
  xdh_pem_comp_schema_v1: agreement(once(pem), pem),
}
