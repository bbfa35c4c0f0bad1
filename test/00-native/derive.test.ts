import crypto from 'node:crypto'
import t from 'tap'
import { type Hash, type KdfMethod, type KeyHandle, native } from '../../lib/native/index.js'
import { empty, hex, rejectsCode, throwsCode } from './support.js'

const hashes = ['SHA-256', 'SHA-384', 'SHA-512'] as const satisfies readonly Hash[]
const nodeName = (hash: Hash) => hash.replace('-', '').toLowerCase()
const salt = Buffer.from('the salt')
const info = Buffer.from('the info')
const context = Buffer.from('the context')

async function derived(
  base: KeyHandle,
  method: KdfMethod,
  hash: Hash,
  inputs: Parameters<typeof native.deriveKey>[4],
  peer?: KeyHandle,
): Promise<Buffer> {
  return native.exportKey(await native.deriveKey(base, peer, method, hash, inputs, 'HMAC', 640))
}

/** SP 800-108 section 4.1 with HMAC, by node:crypto. */
function counterMode(hash: Hash, key: Uint8Array, label: Buffer, input: Buffer, size: number): Buffer {
  const blocks: Buffer[] = []
  const number = (value: number) => {
    const four = Buffer.alloc(4)
    four.writeUInt32BE(value)
    return four
  }
  for (let i = 1; Buffer.concat(blocks).length < size; i++) {
    const message = Buffer.concat([number(i), label, Buffer.of(0), input, number(size * 8)])
    blocks.push(crypto.createHmac(nodeName(hash), key).update(message).digest())
  }
  return Buffer.concat(blocks).subarray(0, size)
}

t.test('secret keys derive what node:crypto derives', async (t) => {
  const secret = crypto.randomBytes(32)
  const base = native.importSecret('AES', secret)
  for (const hash of hashes) {
    const name = nodeName(hash)
    t.same(
      await derived(base, 'HKDF', hash, { salt, info }),
      Buffer.from(crypto.hkdfSync(name, secret, salt, info, 80)),
      `HKDF ${hash}`,
    )
    t.same(
      await derived(base, 'PBKDF2', hash, { salt, iterations: 1000 }),
      crypto.pbkdf2Sync(secret, salt, 1000, 80, name),
      `PBKDF2 ${hash}`,
    )
    t.same(
      await derived(base, 'SP800-108-counter', hash, { info, context }),
      counterMode(hash, secret, info, context, 80),
      `counter mode ${hash}`,
    )
  }
  t.same(
    await derived(base, 'HKDF', 'SHA-256', {}),
    Buffer.from(crypto.hkdfSync('sha256', secret, empty, empty, 80)),
    'without salt and info',
  )
})

t.test('private keys derive from what they agree on', async (t) => {
  const make = {
    'P-256': () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    'P-384': () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    'P-521': () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-521' }),
    X25519: () => crypto.generateKeyPairSync('x25519'),
    X448: () => crypto.generateKeyPairSync('x448'),
  }
  const imported = (key: crypto.KeyObject) =>
    native.importEncoded(Buffer.from(JSON.stringify(key.export({ format: 'jwk' }))), {})
  for (const [name, pair] of Object.entries(make)) {
    const own = pair()
    const peer = pair()
    const secret = crypto.diffieHellman({ privateKey: own.privateKey, publicKey: peer.publicKey })
    const got = await derived(
      await imported(own.privateKey),
      'HKDF',
      'SHA-256',
      { info },
      await imported(peer.publicKey),
    )
    t.same(got, Buffer.from(crypto.hkdfSync('sha256', secret, empty, info, 80)), name)
    const back = await derived(
      await imported(peer.privateKey),
      'HKDF',
      'SHA-256',
      { info },
      await imported(own.publicKey),
    )
    t.same(back, got, `${name}, from the other side`)
  }
})

t.test('what does not go together derives nothing', async (t) => {
  const secret = native.generateSecret('AES', 256)
  const p256 = await native.generateKeyPair('EC', 'P-256')
  const p384 = await native.generateKeyPair('EC', 'P-384')
  const x25519 = await native.generateKeyPair('X25519', null)
  const ed25519 = await native.generateKeyPair('Ed25519', null)
  const k1 = await native.generateKeyPair('EC', 'secp256k1')
  const publicOf = (pair: { publicKey: Buffer }) => native.importPublic(pair.publicKey)
  const derive = (base: KeyHandle, peer: KeyHandle | undefined, bits = 256) =>
    native.deriveKey(base, peer, 'HKDF', 'SHA-256', {}, 'AES', bits)
  await rejectsCode(t, 'MORTISE_INPUT_INVALID', derive(secret, publicOf(p256)), 'a secret with a peer')
  await rejectsCode(t, 'MORTISE_INPUT_INVALID', derive(p256.privateKey, undefined), 'a private key alone')
  await rejectsCode(t, 'MORTISE_INPUT_INVALID', derive(p256.privateKey, p384.privateKey), 'two private keys')
  await rejectsCode(t, 'MORTISE_INPUT_INVALID', derive(publicOf(p256), publicOf(p256)), 'two public keys')
  await rejectsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', derive(p256.privateKey, publicOf(p384)), 'two curves')
  await rejectsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', derive(p256.privateKey, publicOf(k1)), 'secp256k1')
  await rejectsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', derive(x25519.privateKey, publicOf(ed25519)))
  await rejectsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', derive(ed25519.privateKey, publicOf(ed25519)))
  await rejectsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', derive(secret, undefined, 64), 'no key of AES')
  for (const bits of [0, 7, 8200])
    await rejectsCode(t, 'MORTISE_INPUT_INVALID', derive(secret, undefined, bits))
  // A point of small order leads to a secret that everybody knows.
  const zero = native.importPublic(hex(`302a300506032b656e032100${'00'.repeat(32)}`))
  await rejectsCode(
    t,
    'MORTISE_CRYPTO_KEY_INVALID',
    derive(x25519.privateKey, zero),
    'a point of small order',
  )
})

t.test('the inputs of a derivation are limited', async (t) => {
  const base = native.generateSecret('AES', 256)
  const large = new Uint8Array(1025)
  for (const inputs of [{ salt: large }, { info: large }, { context: large }]) {
    throwsCode(t, 'MORTISE_INPUT_TOO_LARGE', () =>
      native.deriveKey(base, undefined, 'HKDF', 'SHA-256', inputs, 'AES', 256),
    )
  }
  for (const iterations of [0, 10_000_001, -1, 1.5, undefined]) {
    throwsCode(t, 'MORTISE_INPUT_INVALID', () =>
      native.deriveKey(base, undefined, 'PBKDF2', 'SHA-256', { iterations } as object, 'AES', 256),
    )
  }
})

/** All subsets of so many. */
function subsets(of: number, size: number): number[][] {
  if (size === 0) return [[]]
  return Array.from({ length: of }, (_, i) => i).flatMap((last) =>
    subsets(last, size - 1).map((rest) => [...rest, last]),
  )
}

type Method = Parameters<typeof native.splitKey>[1]
/** 2^521 - 1. */
const prime = Buffer.from(`01${'ff'.repeat(65)}`, 'hex')
const polynomials = [
  ['PolynomialSharingGF2_8', 283],
  ['PolynomialSharingGF2_8', 285],
  ['PolynomialSharingGF2_16', 285],
  ['PolynomialSharingPrimeField', prime],
] as const

t.test('any threshold of shares is the key, and fewer are not', async (t) => {
  const key = native.generateSecret('AES', 256)
  const clear = native.exportKey(key)
  const join = (
    shares: readonly KeyHandle[],
    chosen: readonly number[],
    method: Method,
    field?: 283 | 285 | Uint8Array,
  ) =>
    native.exportKey(
      native.joinShares(
        chosen.map((i) => shares[i]!),
        Uint8Array.from(chosen, (i) => i + 1),
        method,
        field,
        32,
        'secret',
        'AES',
      ),
    )
  const joins = (...args: Parameters<typeof join>) => {
    try {
      return join(...args).equals(clear)
    } catch (error) {
      // What numbers give that are not enough is hardly ever as short as a key.
      t.match(error, { code: 'MORTISE_INPUT_INVALID' })
      return false
    }
  }
  for (const [method, field] of polynomials)
    for (const [parts, threshold] of [
      [2, 2],
      [5, 3],
      [6, 6],
    ] as const) {
      const shares = native.splitKey(key, method, field, parts, threshold)
      const length = method === 'PolynomialSharingPrimeField' ? 528 : 256
      for (const share of shares) t.match(share, { kind: 'secret', type: 'Share', length })
      for (let size = 2; size <= parts; size++)
        for (const chosen of subsets(parts, size))
          t.equal(joins(shares, chosen.reverse(), method, field), size >= threshold, `${method} ${chosen}`)
    }
  const most = native.splitKey(key, 'PolynomialSharingGF2_8', 285, 255, 200)
  const many = Array.from({ length: 200 }, (_, i) => 254 - i)
  t.same(join(most, many, 'PolynomialSharingGF2_8', 285), clear)
  t.notSame(join(most, many, 'PolynomialSharingGF2_8', 283), clear, 'another field')
  const shares = native.splitKey(key, 'XOR', undefined, 4, 4)
  t.same(join(shares, [3, 1, 0, 2], 'XOR'), clear)
  t.notSame(join(shares, [0, 1, 2], 'XOR'), clear)
})

t.test('the fields are those of KMIP: shares that were computed elsewhere join', async (t) => {
  const bytes = {
    283: [
      '2f7b591566cddc587f15a634bb2f7b9f',
      'ed513ec02241ff4aaa521add78798588',
      'd23b75c650993505cd5ea6f2df4be008',
    ],
    285: [
      '257753156ac1dc527515a63eb1237d9f',
      'dd6b1ac6007bed64824c04e156498990',
      'e80d5bc07eaf2721ef40b8c4fb77ea10',
    ],
  }
  // Of the prime 2^130 - 5.
  const numbers = [
    '00e5b1a8bdab264ba48d885938c8329eac',
    '02f81805056d6ec97f4f28389debf17b3b',
    '023affe9652ebe3bc03138ce071a2fcb70',
  ]
  const small = Buffer.from('03fffffffffffffffffffffffffffffffb', 'hex')
  for (const [method, field, known] of [
    ['PolynomialSharingGF2_8', 283, bytes[283]],
    ['PolynomialSharingGF2_8', 285, bytes[285]],
    ['PolynomialSharingGF2_16', 283, bytes[283]],
    ['PolynomialSharingGF2_16', 285, bytes[285]],
    ['PolynomialSharingPrimeField', small, numbers],
  ] as const) {
    const shares = known.map((text) => native.importSecret('Share' as 'AES', Buffer.from(text, 'hex')))
    const joined = native.joinShares(shares, Uint8Array.of(2, 5, 7), method, field, 16, 'secret', 'AES')
    t.equal(native.exportKey(joined).toString('hex'), '101112131415161718191a1b1c1d1e1f', method)
  }
})

t.test('a private key is split and joined, and checked again', async (t) => {
  const { privateKey } = await native.generateKeyPair('EC', 'P-256')
  const shares = native.splitKey(privateKey, 'PolynomialSharingGF2_8', 285, 3, 2)
  const joined = native.joinShares(
    [shares[2]!, shares[0]!],
    Uint8Array.of(3, 1),
    'PolynomialSharingGF2_8',
    285,
    0,
    'private',
    'EC',
  )
  t.same(native.exportKey(joined), native.exportKey(privateKey))
  throwsCode(t, 'MORTISE_CRYPTO_KEY_INVALID', () =>
    native.joinShares(
      [shares[2]!, shares[0]!],
      Uint8Array.of(1, 3),
      'PolynomialSharingGF2_8',
      285,
      0,
      'private',
      'EC',
    ),
  )
})

t.test('splits and shares that cannot be are refused', async (t) => {
  const key = native.generateSecret('AES', 256)
  for (const [parts, threshold] of [
    [1, 1],
    [3, 1],
    [3, 4],
    [256, 2],
    [0, 0],
  ] as const) {
    throwsCode(t, 'MORTISE_INPUT_INVALID', () =>
      native.splitKey(key, 'PolynomialSharingGF2_8', 285, parts, threshold),
    )
  }
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => native.splitKey(key, 'XOR', undefined, 3, 2))
  const primes = {
    'no prime': Buffer.from(`01${'00'.repeat(65)}`, 'hex'),
    'too small': Buffer.from('03fffffffffffffffffffffffffffffffb', 'hex'),
    'too large': Buffer.alloc(1025, 1),
    empty: Buffer.alloc(0),
  }
  for (const [what, size] of Object.entries(primes))
    throwsCode(
      t,
      'MORTISE_INPUT_INVALID',
      () => native.splitKey(key, 'PolynomialSharingPrimeField', size, 3, 2),
      what,
    )
  throwsCode(t, 'MORTISE_INPUT_INVALID', () =>
    native.splitKey(key, 'PolynomialSharingGF2_8', 284 as 283, 3, 2),
  )
  const [a, b] = native.splitKey(key, 'XOR', undefined, 2, 2) as [KeyHandle, KeyHandle]
  const [short] = native.splitKey(native.generateSecret('AES', 128), 'XOR', undefined, 2, 2) as [KeyHandle]
  const join = (shares: KeyHandle[], ...identifiers: number[]) =>
    native.joinShares(
      shares,
      Uint8Array.from(identifiers),
      'PolynomialSharingGF2_8',
      285,
      32,
      'secret',
      'AES',
    )
  for (const [shares, identifiers] of [
    [[a], [1]],
    [
      [a, b],
      [1, 1],
    ],
    [
      [a, b],
      [0, 1],
    ],
    [[a, b], [1]],
    [
      [a, short],
      [1, 2],
    ],
    [
      [a, key],
      [1, 2],
    ],
  ] as const) {
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => join([...shares], ...identifiers))
  }
})

t.test('many keys are derived at once, each by its own info', async (t) => {
  const secret = crypto.randomBytes(32)
  const base = native.importSecret('AES', secret)
  const infos = [info, empty, ...Array.from({ length: 254 }, (_, i) => crypto.randomBytes(i * 4)), info]
  const all = (method: KdfMethod, hash: Hash, some: readonly Uint8Array[], inputs = {}, peer?: KeyHandle) =>
    native.deriveKeys(base, peer, method, hash, inputs, 'HMAC', 640, some)
  for (const hash of hashes) {
    const keys = await all('HKDF', hash, infos.slice(0, 256), { salt, info: Buffer.from('not this one') })
    t.strictSame(
      keys.map((key) => native.exportKey(key)),
      infos.slice(0, 256).map((one) => Buffer.from(crypto.hkdfSync(nodeName(hash), secret, salt, one, 80))),
      hash,
    )
  }
  const labelled = await all('SP800-108-counter', 'SHA-256', [info, salt], { context })
  t.strictSame(
    labelled.map((key) => native.exportKey(key)),
    [info, salt].map((label) => counterMode('SHA-256', secret, label, context, 80)),
  )
  t.strictSame(await all('HKDF', 'SHA-256', []), [])
  for (const [code, refused] of [
    ['MORTISE_INPUT_TOO_LARGE', () => all('HKDF', 'SHA-256', infos)],
    ['MORTISE_INPUT_TOO_LARGE', () => all('HKDF', 'SHA-256', [new Uint8Array(1025)])],
    ['MORTISE_INPUT_INVALID', () => all('HKDF', 'SHA-256', ['text'] as unknown as Uint8Array[])],
    ['MORTISE_INPUT_INVALID', () => all('HKDF', 'SHA-256', info as unknown as Uint8Array[])],
    ['MORTISE_CRYPTO_UNSUPPORTED', () => all('PBKDF2', 'SHA-256', [info], { salt, iterations: 1000 })],
  ] as const)
    throwsCode(t, code, refused)

  const own = await native.generateKeyPair('X25519', null)
  const peer = native.importPublic((await native.generateKeyPair('X25519', null)).publicKey)
  const [one] = await native.deriveKeys(own.privateKey, peer, 'HKDF', 'SHA-256', {}, 'HMAC', 640, [info])
  t.same(native.exportKey(one!), await derived(own.privateKey, 'HKDF', 'SHA-256', { info }, peer))
})
