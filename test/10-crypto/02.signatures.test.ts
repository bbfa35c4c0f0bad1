import t from 'tap'
import { curveBits, signatureScheme, signatureSchemes } from '../../lib/crypto/index.js'

const fitting = [
  {
    algorithm: 'RSA',
    curve: undefined,
    schemes: ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512', 'RS1', 'PS1'],
  },
  { algorithm: 'EC', curve: 'P-256', schemes: ['ES256'] },
  { algorithm: 'EC', curve: 'P-384', schemes: ['ES384'] },
  { algorithm: 'EC', curve: 'P-521', schemes: ['ES512'] },
  { algorithm: 'EC', curve: 'secp256k1', schemes: ['ES256K'] },
  { algorithm: 'Ed25519', curve: undefined, schemes: ['EdDSA'] },
  { algorithm: 'Ed448', curve: undefined, schemes: ['Ed448'] },
] as const

t.test('each scheme fits the keys of RFC 7518 and RFC 8037, and no others', async (t) => {
  for (const { algorithm, curve, schemes } of fitting) {
    for (const name of Object.keys(signatureSchemes)) {
      if (schemes.some((one) => one === name)) t.equal(signatureScheme(algorithm, curve, name), name)
      else t.throws(() => signatureScheme(algorithm, curve, name), { code: 'MORTISE_CRYPTO_UNSUPPORTED' })
    }
  }
})

t.test('the first that fits is the default', async (t) => {
  for (const { algorithm, curve, schemes } of fitting) {
    t.equal(signatureScheme(algorithm, curve), schemes[0])
  }
})

t.test('a refusal names those that fit', async (t) => {
  t.throws(() => signatureScheme('RSA', undefined, 'ES256'), {
    message:
      'ES256 does not fit this RSA key: choose one of PS256, PS384, PS512, RS256, RS384, RS512, RS1, PS1',
  })
  t.throws(() => signatureScheme('EC', 'P-384', 'ES256'), {
    message: 'ES256 does not fit this P-384 key: choose one of ES384',
  })
  t.throws(() => signatureScheme('AES', undefined), { message: 'keys of algorithm AES do not sign' })
  t.throws(() => signatureScheme('RSA', undefined, 'none'), { code: 'MORTISE_CRYPTO_UNSUPPORTED' })
})

t.test('the hash of an ECDSA scheme is as strong as its curve', async (t) => {
  for (const [name, { curve, hash }] of Object.entries(signatureSchemes)) {
    if (curve) t.ok(Number(hash?.slice('SHA-'.length)) >= Math.min(curveBits[curve], 512), name)
  }
})
