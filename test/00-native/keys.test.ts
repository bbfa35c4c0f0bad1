import crypto from 'node:crypto'
import t from 'tap'
import { type KeyType, native } from '../../lib/native/index.js'
import { bytes, empty, hex, onePairOfEach, rejectsCode, throwsCode } from './support.js'

// RSA keys are slow to make.
t.setTimeout(180_000)

t.test('secrets have the sizes that their algorithms allow', async (t) => {
  for (const bits of [128, 192, 256]) {
    const key = native.generateSecret('AES', bits)
    t.match(key, { kind: 'secret', type: 'AES', length: bits })
    t.equal(key.curve, undefined)
    t.equal(native.exportKey(key).length * 8, bits)
  }
  for (const bits of [112, 256, 1024]) t.equal(native.generateSecret('HMAC', bits).length, bits)
  for (const bits of [0, 64, 129, 512])
    throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.generateSecret('AES', bits))
  for (const bits of [104, 113, 1032])
    throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.generateSecret('HMAC', bits))
  for (const size of [0, 15, 17, 33]) {
    throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () => native.importSecret('AES', new Uint8Array(size)))
  }
  for (const bits of [-1, 1.5, Number.NaN, '256', null]) {
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.generateSecret('AES', bits as number))
  }
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.importSecret('RSA' as 'AES', new Uint8Array(16)))
  const raw = crypto.randomBytes(32)
  t.same(native.exportKey(native.importSecret('AES', raw)), raw)
})

t.test('key pairs are those of node:crypto, both ways', async (t) => {
  for (const { label, privateKey, publicKey } of await onePairOfEach()) {
    const pkcs8 = native.exportKey(privateKey)
    const theirs = crypto.createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    t.same(
      crypto.createPublicKey(theirs).export({ format: 'der', type: 'spki' }),
      publicKey,
      `${label} public`,
    )
    t.same(theirs.export({ format: 'der', type: 'pkcs8' }), pkcs8, `${label} PKCS#8 is canonical`)
    t.same(native.exportKey(native.importPrivate(pkcs8)), pkcs8)
    t.same(native.exportKey(native.importPublic(publicKey)), publicKey)
    t.same(native.publicKeyOf(privateKey), publicKey)
    t.equal(native.importPublic(publicKey).kind, 'public')
  }
})

t.test('what is generated is limited to what is listed', async (t) => {
  await rejectsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', native.generateKeyPair('RSA', 512))
  await rejectsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', native.generateKeyPair('RSA', 16384))
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.generateKeyPair('EC', 'P-192' as 'P-256'))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.generateKeyPair('AES' as 'RSA', 256))
})

function der(key: crypto.KeyObject): Buffer {
  return key.type === 'private'
    ? key.export({ format: 'der', type: 'pkcs8' })
    : key.export({ format: 'der', type: 'spki' })
}

t.test('keys outside the list are refused', async (t) => {
  const refused = [
    crypto.generateKeyPairSync('rsa', { modulusLength: 768 }),
    crypto.generateKeyPairSync('rsa', { modulusLength: 4608 }),
    crypto.generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
    crypto.generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }),
    crypto.generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }),
  ]
  for (const { privateKey, publicKey } of refused) {
    const label = `${privateKey.asymmetricKeyType}`
    throwsCode(
      t,
      'MORTISE_CRYPTO_UNSUPPORTED',
      () => native.importPrivate(der(privateKey)),
      `${label} private`,
    )
    throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.importPublic(der(publicKey)), `${label} public`)
  }
})

t.test('damaged keys are refused', async (t) => {
  const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const jwk = rsa.export({ format: 'jwk' })
  for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
    const damaged = der(rsa)
    damaged[damaged.indexOf(Buffer.from(jwk[name] as string, 'base64url')) + 20]! ^= 4
    throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () => native.importPrivate(damaged), `wrong ${name}`)
  }

  const ec = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = der(ec.publicKey)
  spki[spki.length - 1]! ^= 1
  throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () => native.importPublic(spki), 'a point off the curve')

  const mixed = der(ec.privateKey)
  der(crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey).copy(mixed, mixed.length - 65, 26)
  throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () => native.importPrivate(mixed), 'parts of two keys')

  const zero = der(ec.privateKey)
  zero.fill(0, 36, 68)
  throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () => native.importPrivate(zero), 'the scalar 0')
})

/** The parts of the encodings of keys on curves with names of their own, before the key. */
const heads = {
  Ed25519: { private: '302e020100300506032b657004220420', public: '302a300506032b6570032100' },
  Ed448: { private: '3047020100300506032b6571043b0439', public: '3043300506032b6571033a00' },
  X25519: { private: '302e020100300506032b656e04220420', public: '302a300506032b656e032100' },
  X448: { private: '3046020100300506032b656f043a0438', public: '3042300506032b656f033900' },
} as const
const littleEndian = (digits: string) => hex(digits).reverse()

t.test('keys of X25519 and X448 are made, come in and go out, and sign nothing', async (t) => {
  for (const [type, length] of [
    ['X25519', 255],
    ['X448', 448],
  ] as const) {
    const { privateKey, publicKey } = await native.generateKeyPair(type, null)
    t.match(privateKey, { kind: 'private', type, length })
    const pkcs8 = native.exportKey(privateKey)
    const theirs = crypto.createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    t.same(der(crypto.createPublicKey(theirs)), publicKey)
    t.same(native.exportKey(native.importPrivate(pkcs8)), pkcs8)
    t.same(native.exportKey(native.importPublic(publicKey)), publicKey)
    for (const scheme of ['EdDSA', 'Ed448', 'ES256'] as const) {
      throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.sign(privateKey, scheme, empty, {}))
    }
  }
})

t.test(
  'a public key of Ed25519 or Ed448 is a point of its curve, in its one form, of no small order',
  async (t) => {
    const p255 = '7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed'
    const p448 = `${'ff'.repeat(27)}fe${'ff'.repeat(28)}`
    const refused = {
      Ed25519: [
        ['y = 0, of order 4', littleEndian('00'.repeat(32))],
        ['y = 1, the identity', littleEndian(`${'00'.repeat(31)}01`)],
        ['y = -1, of order 2', littleEndian(`${p255.slice(0, -2)}ec`)],
        ['a point of order 8', hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')],
        ['the other one', hex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')],
        ['y = p', littleEndian(p255)],
        ['y = p + 3, which is 3 once more', littleEndian(`${p255.slice(0, -2)}f0`)],
        ['y = 2, not on the curve', littleEndian(`${'00'.repeat(31)}02`)],
      ],
      Ed448: [
        ['y = 0, of order 4', littleEndian('00'.repeat(57))],
        ['y = 1, the identity', littleEndian(`${'00'.repeat(56)}01`)],
        ['y = -1, of order 2', littleEndian(`00${p448.slice(0, -2)}fe`)],
        ['y = p', littleEndian(`00${p448}`)],
        ['bits beyond the sign', littleEndian(`01${'00'.repeat(55)}03`)],
      ],
    } as const
    for (const type of ['Ed25519', 'Ed448'] as const) {
      for (const [what, point] of refused[type]) {
        for (const sign of [0, 0x80]) {
          const spki = Buffer.concat([hex(heads[type].public), point])
          spki[spki.length - 1]! |= sign
          throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () => native.importPublic(spki), `${type}: ${what}`)
        }
      }
      for (let i = 0; i < 20; i++) {
        t.ok(native.importPublic(der(crypto.generateKeyPairSync(type.toLowerCase() as 'ed25519').publicKey)))
      }
    }
    // About every other string is a point: neither all nor none are taken.
    const taken = (type: 'Ed25519' | 'Ed448', size: number) =>
      Array.from({ length: 40 }, () => {
        const y = crypto.randomBytes(size)
        y[size - 1] = type === 'Ed448' ? 0 : y[size - 1]! & 0x7f
        return isTaken(() => native.importPublic(Buffer.concat([hex(heads[type].public), y])))
      }).filter(Boolean).length
    for (const count of [taken('Ed25519', 32), taken('Ed448', 57)])
      t.ok(count > 2 && count < 38, `${count} of 40`)
  },
)

function isTaken(action: () => unknown): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}

t.test('RSA exponents must be odd and more than 1', async (t) => {
  const { n } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
  for (const e of [hex('01'), hex('010000'), hex('010000000000000001')]) {
    const key = crypto.createPublicKey({
      key: { kty: 'RSA', n: n as string, e: e.toString('base64url') },
      format: 'jwk',
    })
    throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () => native.importPublic(der(key)), e.toString('hex'))
  }
})

t.test('encodings must be whole, exact DER', async (t) => {
  for (const { label, privateKey, publicKey } of await onePairOfEach()) {
    const pkcs8 = native.exportKey(privateKey)
    for (const cut of [0, 1, 10, pkcs8.length - 1]) {
      throwsCode(
        t,
        'MORTISE_CRYPTO_KEY_INVALID',
        () => native.importPrivate(pkcs8.subarray(0, cut)),
        `${label} of ${cut} bytes`,
      )
    }
    throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () => native.importPrivate(Buffer.concat([pkcs8, hex('00')])))
    throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () =>
      native.importPublic(Buffer.concat([publicKey, hex('00')])),
    )
    throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () => native.importPublic(pkcs8))
    throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () => native.importPrivate(publicKey))
  }
  throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () => native.importPrivate(new Uint8Array(1 << 20)))
  for (const wrong of [
    undefined,
    null,
    'text',
    5,
    {},
    new Uint16Array(4),
    new DataView(new ArrayBuffer(4)),
    new ArrayBuffer(4),
  ]) {
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.importPrivate(wrong as Uint8Array))
  }
})

t.test('a compressed point is stored uncompressed', async (t) => {
  const { publicKey } = await native.generateKeyPair('EC', 'P-256')
  const point = crypto.ECDH.convertKey(
    publicKey.subarray(26),
    'prime256v1',
    undefined,
    undefined,
    'compressed',
  ) as Buffer
  const compressed = Buffer.concat([hex('3039301306072a8648ce3d020106082a8648ce3d030107032200'), point])
  t.same(native.exportKey(native.importPublic(compressed)), publicKey)
})

t.test('a disposed key throws MORTISE_CLOSED', async (t) => {
  const key = native.generateSecret('AES', 256)
  key.dispose()
  key.dispose()
  t.equal(key.length, 256, 'what it was stays known')
  throwsCode(t, 'MORTISE_CLOSED', () => native.exportKey(key))
  throwsCode(t, 'MORTISE_CLOSED', () => native.sealBytes(key, empty, empty))
})

t.test('a key that is disposed of stays valid for the work under way', async (t) => {
  const { privateKey, publicKey } = await native.generateKeyPair('RSA', 2048)
  const signatures = Array.from({ length: 8 }, () => native.signAsync(privateKey, 'RS256', bytes('m'), {}))
  privateKey.dispose()
  for (const signature of await Promise.all(signatures)) {
    t.ok(native.verify(native.importPublic(publicKey), 'RS256', bytes('m'), signature, {}))
  }
})

t.test('handles come from Mortise only', async (t) => {
  const key = native.generateSecret('AES', 256)
  const KeyHandle = key.constructor as new () => unknown
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => new KeyHandle())
  for (const wrong of [undefined, {}, Object.create(key), 'key', new Uint8Array(32)]) {
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.exportKey(wrong as typeof key))
  }
  t.throws(() => key.dispose.call({} as typeof key), TypeError)
})

t.test('derived keys are those of HKDF-SHA-256', async (t) => {
  const secret = crypto.randomBytes(32)
  for (const type of ['AES', 'HMAC'] as const satisfies readonly KeyType[]) {
    const derived = native.deriveSecret(native.importSecret('HMAC', secret), 'a label', type)
    t.match(derived, { type, length: 256 })
    t.same(native.exportKey(derived), Buffer.from(crypto.hkdfSync('sha256', secret, empty, 'a label', 32)))
  }
  const root = native.importSecret('HMAC', secret)
  t.notSame(
    native.exportKey(native.deriveSecret(root, 'a', 'AES')),
    native.exportKey(native.deriveSecret(root, 'b', 'AES')),
  )
  throwsCode(t, 'MORTISE_INPUT_TOO_LARGE', () => native.deriveSecret(root, 'x'.repeat(1025), 'AES'))
  const { privateKey } = await native.generateKeyPair('Ed25519', null)
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.deriveSecret(privateKey, 'a', 'AES'))
})
