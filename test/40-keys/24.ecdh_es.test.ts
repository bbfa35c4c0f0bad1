/** JWE by ECDH-ES (RFC 7518 section 4.6, RFC 8037 section 3.2). */
import {
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  randomBytes,
} from 'node:crypto'
import { CompactEncrypt, compactDecrypt } from 'jose'
import t from 'tap'
import { contentEncryptions, type JweAlgorithm, type Session, toPem } from '../../lib/index.js'
import { TestClock } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'

const fails = { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED', message: 'decryption failed', details: {} }
const plaintext = Buffer.from('Live long and prosper.')
const algs = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'] as const
const jwe = { format: 'jwe' } as const

const kinds = [
  { algorithm: 'EC', curve: 'P-256' },
  { algorithm: 'EC', curve: 'P-384' },
  { algorithm: 'EC', curve: 'P-521' },
  { algorithm: 'X25519' },
] as const

async function pairOf(ann: Session, kind: (typeof kinds)[number] | { algorithm: 'EC'; curve: 'secp256k1' }) {
  const { privateKey, publicKey } = await ann.createKeyPair({
    ...kind,
    privateUsage: ['KeyAgreement'],
    publicUsage: ['KeyAgreement'],
    extractable: true,
  })
  return { privateKey: privateKey.id, publicKey: publicKey.id }
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const headerOf = (compact: Buffer | string) =>
  JSON.parse(Buffer.from(compact.toString().split('.')[0] ?? '', 'base64url').toString())

t.test('jose opens what we make and we open what jose makes', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  for (const kind of kinds) {
    const pair = await pairOf(ann, kind)
    const theirs = {
      private: createPrivateKey(toPem('pkcs8', (await ann.export(pair.privateKey)).material)),
      public: createPublicKey(toPem('spki', (await ann.export(pair.publicKey)).material)),
    }
    for (const alg of algs) {
      for (const enc of contentEncryptions) {
        const name = `${Object.values(kind).join(' ')} ${alg} ${enc}`
        const ours = (await ann.encrypt(pair.publicKey, plaintext, { ...jwe, alg, enc })).toString()
        const opened = await compactDecrypt(ours, theirs.private)
        t.match(opened.protectedHeader, { alg, enc })
        t.same(Buffer.from(opened.plaintext), plaintext, `${name}: jose opens ours`)
        const foreign = await new CompactEncrypt(plaintext)
          .setProtectedHeader({ alg, enc })
          .setKeyManagementParameters({ apu: Buffer.from('Alice'), apv: Buffer.from('Bob') })
          .encrypt(theirs.public)
        t.same(await ann.decrypt(pair.privateKey, Buffer.from(foreign), jwe), plaintext, `${name}: we theirs`)
      }
    }
  }
})

t.test('every JWE has an ephemeral key of its own, whose private part is not in it', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { publicKey } = await pairOf(ann, kinds[0])
  const [one, other] = [
    await ann.encrypt(publicKey, plaintext, jwe),
    await ann.encrypt(publicKey, plaintext, jwe),
  ]
  const { alg, epk, kid } = headerOf(one)
  t.equal(alg, 'ECDH-ES', 'the default')
  t.equal(kid, `${publicKey}/1`)
  t.strictSame(Object.keys(epk).sort(), ['crv', 'kty', 'x', 'y'])
  t.not(epk.x, headerOf(other).epk.x)
})

/** Concat KDF with SHA-256, one block of it. */
function concat(secret: Uint8Array, algorithm: string, apu: string, apv: string, bits: number): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return bytes
  }
  const field = (text: string) => Buffer.concat([number(text.length), Buffer.from(text)])
  return createHash('sha256')
    .update(Buffer.concat([number(1), secret, field(algorithm), field(apu), field(apv), number(bits)]))
    .digest()
    .subarray(0, bits / 8)
}

/** A JWE of A128GCM whose content key is known. */
function sealedWith(
  contentKey: Uint8Array,
  header: object,
  encryptedKey: Uint8Array = Buffer.alloc(0),
): Buffer {
  const iv = randomBytes(12)
  const aad = encode(header)
  const cipher = createCipheriv('aes-128-gcm', contentKey, iv).setAAD(Buffer.from(aad))
  const parts = [
    encryptedKey,
    iv,
    Buffer.concat([cipher.update(plaintext), cipher.final()]),
    cipher.getAuthTag(),
  ]
  return Buffer.from([aad, ...parts.map((part) => Buffer.from(part).toString('base64url'))].join('.'))
}

t.test('RFC 7518 appendix C', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const bob: JsonWebKey = {
    kty: 'EC',
    crv: 'P-256',
    x: 'weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ',
    y: 'e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck',
    d: 'VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw',
  }
  const key = await ann.register({ material: Buffer.from(JSON.stringify(bob)), usage: ['KeyAgreement'] })
  const header = {
    alg: 'ECDH-ES',
    enc: 'A128GCM',
    apu: 'QWxpY2U',
    apv: 'Qm9i',
    epk: {
      kty: 'EC',
      crv: 'P-256',
      x: 'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0',
      y: 'SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps',
    },
  }
  const derived = Buffer.from('VqqN6vgjbSBcIijNcacQGg', 'base64url')
  t.same(await ann.decrypt(key.id, sealedWith(derived, header), jwe), plaintext)
  const others = { ...header, apv: 'Qm9j' }
  await t.rejects(ann.decrypt(key.id, sealedWith(derived, others), jwe), fails, 'apv takes part')
})

t.test('RFC 8037 appendix A.6, with the keys of RFC 7748 section 6.1', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  const bob = {
    kty: 'OKP',
    crv: 'X25519',
    x: '3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08',
    d: Buffer.from('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb', 'hex').toString(
      'base64url',
    ),
  }
  const key = await ann.register({ material: Buffer.from(JSON.stringify(bob)) })
  const header = {
    alg: 'ECDH-ES+A128KW',
    epk: { kty: 'OKP', crv: 'X25519', x: 'hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo' },
    enc: 'A128GCM',
    kid: 'Bob',
  }
  const secret = Buffer.from('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742', 'hex')
  const wrapping = createCipheriv(
    'id-aes128-wrap',
    concat(secret, header.alg, '', '', 128),
    Buffer.alloc(8, 0xa6),
  )
  const contentKey = randomBytes(16)
  const encryptedKey = Buffer.concat([wrapping.update(contentKey), wrapping.final()])
  t.same(await ann.decrypt(key.id, sealedWith(contentKey, header, encryptedKey), jwe), plaintext)
  const alone = { ...header, alg: 'ECDH-ES' }
  const agreed = concat(secret, 'A128GCM', '', '', 128)
  t.same(await ann.decrypt(key.id, sealedWith(agreed, alone), jwe), plaintext)
})

t.test('whatever is wrong with a header, one code and one text', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  const other = createPublicKey(
    toPem('spki', (await ann.export((await pairOf(ann, kinds[1])).publicKey)).material),
  ).export({ format: 'jwk' })
  const small = {
    zero: Buffer.alloc(32),
    one: Buffer.from([1, ...Buffer.alloc(31)]),
    'of order 8': Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex'),
  }
  for (const kind of [kinds[0], kinds[3]]) {
    const { privateKey, publicKey } = await pairOf(ann, kind)
    for (const alg of ['ECDH-ES', 'ECDH-ES+A256KW'] as const) {
      const sealed = (await ann.encrypt(publicKey, plaintext, { ...jwe, alg })).toString()
      const header = headerOf(sealed)
      const { epk } = header
      const y = epk.y && Buffer.from(epk.y, 'base64url')
      y?.set([(y[31] ?? 0) ^ 1], 31)
      const wrong: Record<string, unknown> = {
        none: undefined,
        null: null,
        text: 'epk',
        list: [],
        'without x': { ...epk, x: undefined },
        'x too short': { ...epk, x: epk.x.slice(0, 20) },
        'x that is no base64url': { ...epk, x: `${epk.x.slice(0, -2)}=+` },
        'x with an escape': { ...epk, x: `"${epk.x}` },
        'another curve': other,
        'a curve that there is not': { ...epk, crv: 'P-255' },
        'another type': { ...epk, kty: 'RSA' },
        'a secret': { kty: 'oct', k: epk.x },
        ...(y && { 'a point that is not on the curve': { ...epk, y: y.toString('base64url') } }),
        ...(epk.kty === 'OKP' &&
          Object.fromEntries(
            Object.entries(small).map(([name, x]) => [name, { ...epk, x: x.toString('base64url') }]),
          )),
      }
      const rest = sealed.slice(sealed.indexOf('.'))
      const refused = (changed: object, what: string) =>
        t.rejects(
          ann.decrypt(privateKey, Buffer.from(encode({ ...header, ...changed }) + rest), jwe),
          fails,
          `${alg} ${epk.crv}: ${what}`,
        )
      for (const [what, epk] of Object.entries(wrong)) await refused({ epk }, `epk: ${what}`)
      for (const apu of [1, null, 'QQ==', 'é', { u: '' }]) await refused({ apu }, `apu: ${apu}`)
      const fresh = await ann.encrypt(publicKey, plaintext, { ...jwe, alg })
      await refused({ epk: headerOf(fresh).epk }, 'the epk of another')
      const parts = sealed.split('.')
      parts[1] = alg === 'ECDH-ES' ? 'AAAA' : ''
      await t.rejects(ann.decrypt(privateKey, Buffer.from(parts.join('.')), jwe), fails, 'encrypted key')
      t.same(await ann.decrypt(privateKey, Buffer.from(sealed), jwe), plaintext)
    }
  }
})

t.test('the key agrees, by its usage, and is of a curve of RFC 7518 or RFC 8037', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { policy: 'compatible', clock })
  const ann = await house.as('ann')
  const seal = (key: string, alg?: JweAlgorithm) =>
    ann.encrypt(key, plaintext, { ...jwe, ...(alg && { alg }) })
  const signing = await ann.createKeyPair({ algorithm: 'EC' })
  await t.rejects(
    seal(signing.publicKey.id),
    { code: 'MORTISE_KEY_USAGE' },
    'a key that signs does not agree',
  )
  const unsupported = { code: 'MORTISE_CRYPTO_UNSUPPORTED' }
  const { publicKey } = await pairOf(ann, { algorithm: 'EC', curve: 'secp256k1' })
  await t.rejects(seal(publicKey, 'ECDH-ES'), { code: 'MORTISE_KEY_USAGE' }, 'not secp256k1')
  const rsa = await ann.createKeyPair({ algorithm: 'RSA', length: 2048 })
  await t.rejects(seal(rsa.publicKey.id, 'ECDH-ES'), unsupported)
  const pair = await pairOf(ann, kinds[0])
  await t.rejects(seal(pair.publicKey, 'RSA-OAEP-256'), unsupported)
  await t.rejects(seal(pair.privateKey), unsupported, 'the private key does not seal')
  const sealed = await seal(pair.publicKey)
  await t.rejects(ann.decrypt(pair.publicKey, sealed, jwe), unsupported, 'the public key does not open')
  await t.rejects(ann.encrypt(pair.publicKey, plaintext), { code: 'MORTISE_KEY_USAGE' }, 'and only as JWE')

  await ann.createKeyPair({
    algorithm: 'EC',
    name: 'agreeing',
    publicName: 'agreeing/public',
    privateUsage: ['KeyAgreement'],
    publicUsage: ['KeyAgreement'],
    attributes: { ProtectStopDate: new Date(clock.now() + 1000).toISOString() },
  })
  const before = await seal('agreeing/public')
  await ann.rekey('agreeing')
  t.same(await ann.decrypt('agreeing', before, jwe), plaintext, 'an older version, by its kid')
  clock.pass(2000)
  t.same(await ann.decrypt('agreeing', before, jwe), plaintext, 'opened behind the protect stop date')
  await t.rejects(seal('agreeing/public'), { code: 'MORTISE_KEY_PERIOD' }, 'and nothing more is sealed')
})

t.test('under the policy approved there is no X25519', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  await t.rejects(ann.createKeyPair({ algorithm: 'X25519' }), { code: 'MORTISE_CRYPTO_POLICY' })
})
