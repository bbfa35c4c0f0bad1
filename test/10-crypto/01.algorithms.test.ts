import t from 'tap'
import {
  type Algorithm,
  algorithmNamed,
  algorithmNames,
  algorithms,
  curveBits,
  defaultUsages,
  keySpec,
  type Standing,
} from '../../lib/crypto/index.js'
import type { Hash } from '../../lib/native/index.js'
import { usageMask } from '../../lib/operation/index.js'

const cipher = { SymmetricKey: ['Encrypt', 'Decrypt'] }
const mac = { SymmetricKey: ['MACGenerate', 'MACVerify', 'DeriveKey'] }
const signing = { PrivateKey: ['Sign'], PublicKey: ['Verify'] }

const agreement = { PrivateKey: ['KeyAgreement'], PublicKey: ['KeyAgreement'] }
function hmac(hash: Hash, lengths: number[], standing: Standing = 'approved') {
  return { native: 'HMAC', kind: 'secret', lengths, hash, usages: mac, standing } as const
}

/** The whole table once more, so that nobody changes it without noticing. */
const expected: Record<string, Omit<Algorithm, 'name' | 'cryptoperiodDays' | 'usages'> & { usages: object }> =
  {
    AES: {
      native: 'AES',
      kind: 'secret',
      lengths: [256, 192, 128],
      usages: {
        SymmetricKey: ['Encrypt', 'Decrypt', 'WrapKey', 'UnwrapKey', 'MACGenerate', 'MACVerify', 'DeriveKey'],
      },
      standing: 'approved',
    },
    'AES-XTS': {
      native: 'AES-XTS',
      kind: 'secret',
      lengths: [512, 256],
      usages: cipher,
      standing: 'approved',
    },
    '3DES': { native: '3DES', kind: 'secret', lengths: [168, 112], usages: cipher, standing: 'legacy' },
    ChaCha20: { native: 'ChaCha20', kind: 'secret', lengths: [256], usages: cipher, standing: 'compatible' },
    SKIPJACK: { native: 'SKIPJACK', kind: 'secret', lengths: [80], usages: {}, standing: 'compatible' },
    'HMAC-SHA-256': hmac('SHA-256', [256, 128, 160, 192, 224, 384, 512]),
    'HMAC-SHA-384': hmac('SHA-384', [384, 128, 160, 192, 224, 256, 512]),
    'HMAC-SHA-512': hmac('SHA-512', [512, 128, 160, 192, 224, 256, 384]),
    'HMAC-SHA-512/256': hmac('SHA-512/256', [256, 128, 160, 192, 224, 384, 512]),
    'HMAC-SHA-224': hmac('SHA-224', [224, 128, 160, 192, 256, 384, 512]),
    'HMAC-SHA3-224': hmac('SHA3-224', [224, 128, 160, 192, 256, 384, 512]),
    'HMAC-SHA3-256': hmac('SHA3-256', [256, 128, 160, 192, 224, 384, 512]),
    'HMAC-SHA3-384': hmac('SHA3-384', [384, 128, 160, 192, 224, 256, 512]),
    'HMAC-SHA3-512': hmac('SHA3-512', [512, 128, 160, 192, 224, 256, 384]),
    'HMAC-SHA-1': hmac('SHA-1', [160, 128, 192, 224, 256, 384, 512], 'legacy'),
    RSA: {
      native: 'RSA',
      kind: 'pair',
      lengths: [3072, 2048, 4096, 1024],
      usages: { PrivateKey: ['Sign', 'Decrypt', 'UnwrapKey'], PublicKey: ['Verify', 'Encrypt', 'WrapKey'] },
      standing: 'approved',
      standings: { 1024: 'legacy' },
    },
    EC: {
      native: 'EC',
      kind: 'pair',
      lengths: [],
      curves: ['P-256', 'P-384', 'P-521', 'secp256k1'],
      usages: { PrivateKey: ['Sign', 'KeyAgreement'], PublicKey: ['Verify', 'KeyAgreement'] },
      standing: 'approved',
      standings: { secp256k1: 'compatible' },
    },
    DSA: {
      native: 'DSA',
      kind: 'pair',
      lengths: [2048, 3072, 1024, 512],
      usages: {},
      standing: 'compatible',
    },
    Ed25519: { native: 'Ed25519', kind: 'pair', lengths: [255], usages: signing, standing: 'approved' },
    Ed448: { native: 'Ed448', kind: 'pair', lengths: [448], usages: signing, standing: 'approved' },
    X25519: { native: 'X25519', kind: 'pair', lengths: [255], usages: agreement, standing: 'compatible' },
    X448: { native: 'X448', kind: 'pair', lengths: [448], usages: agreement, standing: 'compatible' },
  }

t.test('the table has these rows and no other', async (t) => {
  t.strictSame(algorithmNames, Object.keys(expected))
  for (const [name, row] of Object.entries(expected)) {
    t.strictSame(algorithms[name as keyof typeof algorithms], { name, ...row, cryptoperiodDays: 730 }, name)
    t.equal(algorithmNamed(name), algorithms[name as keyof typeof algorithms])
  }
})

t.test('every usage of the table is a bit of the usage mask', async (t) => {
  for (const { name, usages } of Object.values<Algorithm>(algorithms)) {
    for (const usage of Object.values(usages).flat()) t.ok(usageMask[usage] > 0, `${name} ${usage}`)
  }
})

t.test('what does not mark a key as for private use is not given to the public half', async (t) => {
  for (const { name, usages } of Object.values<Algorithm>(algorithms)) {
    const both = (usages.PrivateKey ?? []).filter((usage) => usages.PublicKey?.includes(usage))
    // Both sides of an agreement need the bit (RFC 5280 section 4.2.1.3).
    t.strictSame(
      both.filter((usage) => usage !== 'KeyAgreement'),
      [],
      name,
    )
  }
})

t.test('an unknown name is refused with those there are', async (t) => {
  for (const name of ['DES', 'aes', '', 'toString', '__proto__', 'constructor']) {
    t.throws(() => algorithmNamed(name), {
      code: 'MORTISE_CRYPTO_UNSUPPORTED',
      message: `there is no algorithm ${JSON.stringify(name)}: choose one of ${algorithmNames.join(', ')}`,
    })
  }
})

t.test('every length and curve of the table makes a specification', async (t) => {
  for (const algorithm of Object.values<Algorithm>(algorithms)) {
    for (const length of algorithm.lengths) {
      t.strictSame(keySpec(algorithm.name, length), { algorithm, length, curve: undefined })
    }
    for (const curve of algorithm.curves ?? []) {
      const spec = { algorithm, length: curveBits[curve], curve }
      t.strictSame(keySpec(algorithm.name, undefined, curve), spec, curve)
      const first = algorithm.curves?.find((one) => curveBits[one] === curveBits[curve])
      t.equal(
        keySpec(algorithm.name, curveBits[curve]).curve,
        first,
        `the first curve of ${curveBits[curve]} bits`,
      )
      t.strictSame(keySpec(algorithm.name, curveBits[curve], curve), spec, `${curve} and its length`)
    }
  }
})

t.test('the first length or curve is the default', async (t) => {
  const defaults = algorithmNames.map((name) => {
    const { length, curve } = keySpec(name)
    return [name, curve ?? length]
  })
  t.strictSame(defaults, [
    ['AES', 256],
    ['AES-XTS', 512],
    ['3DES', 168],
    ['ChaCha20', 256],
    ['SKIPJACK', 80],
    ['HMAC-SHA-256', 256],
    ['HMAC-SHA-384', 384],
    ['HMAC-SHA-512', 512],
    ['HMAC-SHA-512/256', 256],
    ['HMAC-SHA-224', 224],
    ['HMAC-SHA3-224', 224],
    ['HMAC-SHA3-256', 256],
    ['HMAC-SHA3-384', 384],
    ['HMAC-SHA3-512', 512],
    ['HMAC-SHA-1', 160],
    ['RSA', 3072],
    ['EC', 'P-256'],
    ['DSA', 2048],
    ['Ed25519', 255],
    ['Ed448', 448],
    ['X25519', 255],
    ['X448', 448],
  ])
})

t.test(
  'a key that nobody gave a usage does all that its kind does, but agrees and derives only where it does nothing else',
  async (t) => {
    t.strictSame(defaultUsages(algorithms.EC.usages.PrivateKey), ['Sign'])
    t.strictSame(defaultUsages(algorithms.X25519.usages.PrivateKey), ['KeyAgreement'])
    t.strictSame(defaultUsages(algorithms.RSA.usages.PublicKey), ['Verify', 'Encrypt', 'WrapKey'])
  },
)

t.test('what is not in the table is refused with the choices', async (t) => {
  const refused: [name: string, length: number | undefined, curve: string | undefined, message: string][] = [
    ['AES', 512, undefined, 'AES has no length of 512 bits: choose one of 256, 192, 128'],
    ['AES', 0, undefined, 'AES has no length of 0 bits: choose one of 256, 192, 128'],
    ['AES', Number.NaN, undefined, 'AES has no length of NaN bits: choose one of 256, 192, 128'],
    ['AES', 256, 'P-256', 'AES has no curve P-256: choose one of none'],
    ['RSA', 1536, undefined, 'RSA has no length of 1536 bits: choose one of 3072, 2048, 4096, 1024'],
    ['EC', undefined, 'P-192', 'EC has no curve P-192: choose one of P-256, P-384, P-521, secp256k1'],
    ['EC', 512, undefined, 'EC has no curve of 512 bits: choose one of P-256, P-384, P-521, secp256k1'],
    ['EC', 256, 'P-384', 'EC has no curve P-384: choose one of P-256, P-384, P-521, secp256k1'],
    ['Ed25519', 256, undefined, 'Ed25519 has no length of 256 bits: choose one of 255'],
  ]
  for (const [name, length, curve, message] of refused) {
    t.throws(() => keySpec(name, length, curve), { code: 'MORTISE_CRYPTO_UNSUPPORTED', message })
  }
})
