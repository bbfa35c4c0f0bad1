// What every token must do for the pool, whoever has made it; in what they differ stands in `can`.
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import type { Test } from 'tap'
import {
  native,
  type Pkcs11KeyFacts,
  type Pkcs11KeyTemplate,
  type Pkcs11OctetType,
  type Pkcs11Token,
  type Pkcs11Usage,
  type SignatureScheme,
} from '../../lib/native/index.js'

export interface Can {
  /** The curves of RFC 8410. */
  readonly octets: readonly Pkcs11OctetType[]
  /** Secret keys, and keys from outside. */
  readonly takesKeys: boolean
  readonly agrees: boolean
  /** Keys that do what they were made for alone. */
  readonly keepsToUsages: boolean
  readonly oaep256: boolean
  /** C_UnwrapKey of PKCS#8 of these. */
  readonly importsWrapped: readonly ('AES' | 'HMAC' | 'EC' | 'RSA')[]
  readonly checkValueOfHmac: boolean
  /** CKA_LOCAL is true of keys that it has made. */
  readonly tellsLocal: boolean
}

export function template(
  usages: readonly Pkcs11Usage[],
  more: Partial<Pkcs11KeyTemplate> = {},
): Pkcs11KeyTemplate {
  return { id: randomBytes(8), label: 'a key', usages, ...more }
}

export async function newEc(token: Pkcs11Token, id: Uint8Array = randomBytes(8)) {
  return token.generatePair({
    type: 'EC',
    parameter: 'P-256',
    privateKey: template(['sign', 'derive'], { id }),
    publicKey: template(['verify'], { id }),
  })
}

async function newOctets(
  token: Pkcs11Token,
  type: Pkcs11OctetType,
  ofPrivate: readonly Pkcs11Usage[],
  ofPublic: readonly Pkcs11Usage[],
) {
  const id = randomBytes(8)
  return token.generatePair({
    type,
    parameter: null,
    privateKey: template(ofPrivate, { id }),
    publicKey: template(ofPublic, { id }),
  })
}

export function isSignature(facts: Pkcs11KeyFacts, data: Uint8Array, signature: Uint8Array, hash = 'sha256') {
  const key = createPublicKey({ key: Buffer.from(facts.publicKey ?? []), format: 'der', type: 'spki' })
  return verify(hash, data, key, signature)
}

export async function exercise(t: Test, token: Pkcs11Token, can: Can): Promise<void> {
  await t.test('keys on curves sign, in both forms', async (t) => {
    const pair = await newEc(token)
    t.match(pair.privateKey, {
      kind: 'private',
      type: 'EC',
      curve: 'P-256',
      bits: 256,
      label: 'a key',
      usages: can.keepsToUsages ? ['sign', 'derive'] : ['encrypt', 'decrypt', 'sign', 'verify', 'derive'],
      sensitive: true,
      extractable: false,
      alwaysSensitive: true,
      neverExtractable: true,
      local: can.tellsLocal,
      private: true,
    })
    const key = token.key(pair.privateKey)
    const publicKey = token.key(pair.publicKey)
    for (const data of [randomBytes(10), randomBytes(100_000)]) {
      const der = await token.sign(key, 'ES256', data, {})
      t.ok(isSignature(pair.privateKey, data, der))
      t.equal(await token.verify(publicKey, 'ES256', data, der, {}), true)
      t.equal(await token.verify(publicKey, 'ES256', randomBytes(10), der, {}), false)
      const fixed = await token.sign(key, 'ES256', data, { encoding: 'p1363' })
      t.equal(fixed.length, 64)
      t.ok(
        native.verify(native.importPublic(pair.publicKey.publicKey as Uint8Array), 'ES256', data, fixed, {
          encoding: 'p1363',
        }),
      )
    }
    const digest = native.hash('SHA-256', Buffer.from('text'))
    t.ok(
      isSignature(
        pair.privateKey,
        Buffer.from('text'),
        await token.sign(key, 'ES256', digest, { digested: true }),
      ),
    )
    const batch = await token.signBatch(key, 'ES256', [Buffer.from('a'), Buffer.from('b')], {})
    t.ok(
      batch.every((signature, i) => isSignature(pair.privateKey, Buffer.from('ab'[i] as string), signature)),
    )
    await t.rejects(token.sign(key, 'ES384', digest, {}), { code: 'MORTISE_CRYPTO_UNSUPPORTED' })
  })

  await t.test('RSA signs and decrypts', async (t) => {
    const id = randomBytes(8)
    const pair = await token.generatePair({
      type: 'RSA',
      parameter: 2048,
      privateKey: template(['sign', 'decrypt'], { id }),
      publicKey: template(['verify', 'encrypt'], { id }),
    })
    const key = token.key(pair.privateKey)
    const publicKey = token.key(pair.publicKey)
    const ours = native.importPublic(pair.publicKey.publicKey as Uint8Array)
    for (const scheme of ['RS256', 'PS256', 'RS512'] satisfies SignatureScheme[]) {
      for (const data of [randomBytes(10), randomBytes(5000)]) {
        const signature = await token.sign(key, scheme, data, {})
        t.ok(native.verify(ours, scheme, data, signature, {}), scheme)
        t.equal(await token.verify(publicKey, scheme, data, signature, {}), true)
      }
    }
    const text = randomBytes(40)
    for (const cipher of [
      { mode: 'OAEP', hash: 'SHA-1', mask: 'SHA-1' },
      { mode: 'OAEP', hash: 'SHA-256', mask: 'SHA-256' },
      { mode: 'PKCS1' },
    ] as const) {
      if (cipher.mode === 'OAEP' && cipher.hash === 'SHA-256' && !can.oaep256) {
        await t.rejects(token.encrypt(publicKey, cipher, text), {
          code: 'MORTISE_HSM_UNSUPPORTED',
          message: /SHA2-256/,
        })
        continue
      }
      const sealed = await token.encrypt(publicKey, cipher, text)
      t.same(await token.decrypt(key, cipher, sealed), text)
      if (cipher.mode === 'OAEP') {
        const { hash, mask } = cipher
        t.same(
          await token.decrypt(key, cipher, native.oaepEncrypt(ours, text, hash, mask, Buffer.alloc(0))),
          text,
        )
        await t.rejects(token.decrypt(key, cipher, randomBytes(256)), {
          code: 'MORTISE_CRYPTO_DECRYPTION_FAILED',
        })
      }
    }
  })

  await t.test('keys on Edwards curves sign where the token has them', async (t) => {
    for (const [type, scheme, size] of [
      ['Ed25519', 'EdDSA', 64],
      ['Ed448', 'Ed448', 114],
    ] as const) {
      const asked = newOctets(token, type, ['sign'], ['verify'])
      if (!can.octets.includes(type)) {
        await t.rejects(asked, {
          code: 'MORTISE_HSM_UNSUPPORTED',
          message: /CKM_EC_EDWARDS_KEY_PAIR_GEN/,
        })
        continue
      }
      const pair = await asked
      t.match(pair.privateKey, { type, kind: 'private' })
      const data = randomBytes(100)
      const signature = await token.sign(token.key(pair.privateKey), scheme, data, {})
      t.equal(signature.length, size)
      const spki = pair.publicKey.publicKey as Uint8Array
      t.ok(native.verify(native.importPublic(spki), scheme, data, signature, {}))
      t.ok(await token.verify(token.key(pair.publicKey), scheme, data, signature, {}))
      await t.rejects(token.sign(token.key(pair.privateKey), 'ES256', data, {}), {
        code: 'MORTISE_CRYPTO_UNSUPPORTED',
      })
    }
  })

  await t.test('keys on Montgomery curves agree where the token has them', async (t) => {
    for (const [type, bits] of [
      ['X25519', 256],
      ['X448', 448],
    ] as const) {
      const asked = newOctets(token, type, ['derive'], [])
      if (!can.octets.includes(type)) {
        await t.rejects(asked, {
          code: 'MORTISE_HSM_UNSUPPORTED',
          message: /CKM_EC_MONTGOMERY_KEY_PAIR_GEN/,
        })
        continue
      }
      const pair = await asked
      const key = token.key(pair.privateKey)
      const theirs = await native.generateKeyPair(type, null)
      const ours = await native.deriveKey(
        theirs.privateKey,
        native.importPublic(pair.publicKey.publicKey as Uint8Array),
        'Agreed',
        'SHA-256',
        {},
        'HMAC',
        bits,
      )
      t.same(native.exportKey(await token.agree(key, theirs.publicKey)), native.exportKey(ours))
      const derived = await token.derive(key, theirs.publicKey, 'HMAC', bits, template(['sign']))
      t.same(
        await token.mac(token.key(derived), 'SHA-256', Buffer.from('x')),
        native.hmac(ours, 'SHA-256', Buffer.from('x')),
      )
      // One whose secret is zero, whoever has the other half.
      const nowhere = Buffer.concat([theirs.publicKey.subarray(0, -bits / 8), Buffer.alloc(bits / 8)])
      await t.rejects(token.agree(key, nowhere))
      const otherCurve = await native.generateKeyPair(type === 'X448' ? 'X25519' : 'X448', null)
      await t.rejects(token.agree(key, otherCurve.publicKey), { code: 'MORTISE_CRYPTO_KEY_INVALID' })
    }
  })

  if (can.takesKeys) await exerciseTakenKeys(t, token, can)
  else await exerciseRefusal(t, token)

  await t.test('keys agree on secrets', async (t) => {
    const pair = await newEc(token)
    const peer = await native.generateKeyPair('EC', 'P-256')
    const key = token.key(pair.privateKey)
    if (!can.agrees)
      return void (await t.rejects(token.agree(key, peer.publicKey), {
        code: 'MORTISE_HSM_UNSUPPORTED',
        message: /CKM_ECDH1_DERIVE/,
      }))
    const agreed = await token.agree(key, peer.publicKey)
    const ours = await native.deriveKey(
      peer.privateKey,
      native.importPublic(pair.publicKey.publicKey as Uint8Array),
      'Agreed',
      'SHA-256',
      {},
      'HMAC',
      256,
    )
    t.same(native.exportKey(agreed), native.exportKey(ours))
    const derived = await token.derive(key, peer.publicKey, 'AES', 256, template(['encrypt', 'decrypt']))
    t.match(derived, { kind: 'secret', type: 'AES', bits: 256 })
    const aes = native.importSecret('AES', native.exportKey(ours))
    t.same(
      await token.open(
        token.key(derived),
        native.gcmSeal(aes, Buffer.from('x'), Buffer.alloc(0)),
        Buffer.alloc(0),
      ),
      Buffer.from('x'),
    )
  })

  await t.test('keys are found by id and label, changed where they may be, and destroyed', async (t) => {
    const id = randomBytes(8)
    const labelled = { id, label: 'findable', modifiable: true }
    const make = () =>
      token.generatePair({
        type: 'EC',
        parameter: 'P-256',
        privateKey: template(['sign'], labelled),
        publicKey: template(['verify'], { id }),
      })
    const { privateKey: made } = await make()
    t.same(
      (await token.find({ label: 'findable' })).map((key) => key.id),
      [id],
    )
    t.match(await token.find({ id, kind: 'private' }), [{ label: 'findable', bits: 256 }])
    t.same(await token.find({ id, kind: 'secret' }), [])
    await t.rejects(make(), { code: 'MORTISE_HSM_KEY_EXISTS' })
    const key = token.key(made)
    await token.setAttributes(key, { label: 'renamed' })
    t.equal((await token.facts(key)).label, 'renamed')
    const other = randomBytes(8)
    await token.setAttributes(key, { id: other })
    await t.rejects(token.facts(key), { code: 'MORTISE_HSM_KEY_NOT_FOUND' })
    const moved = token.key({ ...made, id: other })
    const sign = () => token.sign(moved, 'ES256', Buffer.from('x'), {})
    await t.resolves(sign())
    await token.destroy(moved)
    await t.rejects(sign(), { code: 'MORTISE_HSM_KEY_NOT_FOUND' })
  })

  await t.test('a key that has the id of another is not taken for it', async (t) => {
    const pair = await newEc(token)
    const other = await newEc(token)
    const posing = token.key({ ...pair.privateKey, publicKey: other.privateKey.publicKey as Uint8Array })
    await t.rejects(token.sign(posing, 'ES256', Buffer.from('x'), {}), { code: 'MORTISE_HSM_KEY_NOT_FOUND' })
    if (!can.takesKeys) return
    const secret = await token.generateSecret('AES', 256, template(['encrypt']))
    const wrong = token.key({ ...secret, checkValue: Buffer.from([1, 2, 3]) })
    await t.rejects(token.seal(wrong, Buffer.from('x'), Buffer.alloc(0)), {
      code: 'MORTISE_HSM_KEY_NOT_FOUND',
    })
  })

  await t.test('the health test opens a session', async (t) => {
    const { sessionsOpened } = token.status()
    t.match(await token.test(), { loggedIn: true })
    t.ok(token.status().sessionsOpened > sessionsOpened)
    t.equal((await token.random(100)).length, 100)
  })
}

/** Secrets of any length come in under an RSA key: whether or not the token tells how long they are, we know. */
async function exerciseOaep(t: Test, token: Pkcs11Token): Promise<void> {
  await t.test('keys are unwrapped by RSA-OAEP, and have the length that they have', async (t) => {
    const id = randomBytes(8)
    const pair = await token.generatePair({
      type: 'RSA',
      parameter: 2048,
      privateKey: template(['unwrap', 'decrypt'], { id }),
      publicKey: template(['wrap', 'encrypt'], { id }),
    })
    const key = token.key(pair.privateKey)
    const publicKey = native.importPublic(pair.publicKey.publicKey as Uint8Array)
    const sha256 = token.capabilities.oaepHashes.includes('SHA-256')
    const [method, hash] = sha256 ? (['RSA-OAEP-256', 'SHA-256'] as const) : (['RSA-OAEP', 'SHA-1'] as const)
    const wrap = (secret: Uint8Array) => native.oaepEncrypt(publicKey, secret, hash, hash, Buffer.alloc(0))
    for (const [type, length] of [
      ['AES', 16],
      ['AES', 24],
      ['AES', 32],
      ['HMAC', 64],
    ] as const) {
      const secret = randomBytes(length)
      const usages = type === 'AES' ? (['encrypt'] as const) : (['sign'] as const)
      const facts = await token.unwrap(key, wrap(secret), method, 'secret', type, template(usages))
      t.match(facts, { type, bits: 8 * length, sensitive: true, extractable: false, local: false })
      if (type === 'HMAC')
        t.same(
          await token.mac(token.key(facts), 'SHA-256', id),
          native.hmac(native.importSecret(type, secret), 'SHA-256', id),
        )
    }
    await t.rejects(token.unwrap(key, randomBytes(256), method, 'secret', 'AES', template(['encrypt'])), {
      code: 'MORTISE_CRYPTO_DECRYPTION_FAILED',
    })
    if (!sha256)
      await t.rejects(token.unwrap(key, wrap(id), 'RSA-OAEP-256', 'secret', 'AES', template(['encrypt'])), {
        code: 'MORTISE_HSM_UNSUPPORTED',
        message: /SHA2-256/,
      })
  })
}

async function exerciseRefusal(t: Test, token: Pkcs11Token): Promise<void> {
  await t.test(
    'secret keys, and keys from outside, are refused by the name of what is lacking',
    async (t) => {
      await t.rejects(token.generateSecret('AES', 256, template(['encrypt'])), {
        code: 'MORTISE_HSM_UNSUPPORTED',
        message: /CKM_AES_KEY_GEN/,
      })
      await t.rejects(token.generateSecret('HMAC', 256, template(['sign'])), {
        code: 'MORTISE_HSM_UNSUPPORTED',
        message: /CKM_GENERIC_SECRET_KEY_GEN/,
      })
      const { privateKey } = await native.generateKeyPair('EC', 'P-256')
      for (const key of [native.generateSecret('AES', 256), privateKey])
        for (const how of ['wrapped', 'created', 'either'] as const)
          await t.rejects(token.importKey(key, template(['sign']), how), {
            code: /^MORTISE_HSM_(UNSUPPORTED|REFUSED)$/,
          })
    },
  )
}

async function exerciseTakenKeys(t: Test, token: Pkcs11Token, can: Can): Promise<void> {
  await t.test('AES seals, encrypts and makes MACs as we do', async (t) => {
    const bytes = randomBytes(32)
    const ours = native.importSecret('AES', bytes)
    const facts = await token.importKey(ours, template(['encrypt', 'decrypt', 'sign']), 'either')
    t.same(facts.checkValue?.length, 3)
    const key = token.key(facts)
    const text = randomBytes(1000)
    const aad = Buffer.from('aad')
    const sealed = await token.seal(key, text, aad)
    t.same(native.gcmOpen(ours, sealed.subarray(0, 12), sealed.subarray(12), aad), text)
    t.same(await token.open(key, native.gcmSeal(ours, text, aad), aad), text)
    for (const wrong of [sealed.subarray(1), Buffer.alloc(20), Buffer.concat([sealed, Buffer.alloc(1)])])
      await t.rejects(token.open(key, wrong, aad), { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' })
    await t.rejects(token.open(key, sealed, Buffer.from('other')), {
      code: 'MORTISE_CRYPTO_DECRYPTION_FAILED',
    })
    const batch = await token.sealBatch(key, [text, aad], [aad, text])
    t.not(batch[0]?.subarray(0, 12).equals(batch[1]?.subarray(0, 12) as Buffer), 'each has an IV of its own')
    t.same(
      await token.openBatch(
        key,
        [batch[0] as Buffer, sealed.subarray(1), batch[1] as Buffer],
        [aad, aad, text],
      ),
      [text, null, aad],
    )
    const iv = randomBytes(16)
    const whole = randomBytes(64)
    const empty = Buffer.alloc(0)
    for (const [cipher, mode, padded] of [
      [{ mode: 'CBC', iv, padded: true }, 'CBC', true],
      [{ mode: 'CBC', iv, padded: false }, 'CBC', false],
      [{ mode: 'CTR', iv }, 'CTR', false],
      [{ mode: 'ECB' }, 'ECB', false],
    ] as const) {
      const theirs = await token.encrypt(key, cipher, whole)
      t.same(
        theirs,
        native.modeEncrypt(ours, mode, padded, 0, mode === 'ECB' ? empty : iv, whole, empty),
        mode,
      )
      t.same(await token.decrypt(key, cipher, theirs), whole)
    }
    const gcm = { mode: 'GCM', iv: iv.subarray(0, 12), aad } as const
    t.same(await token.encrypt(key, gcm, text), native.gcmSealWithIv(ours, gcm.iv, text, aad))
    t.same(await token.mac(key, undefined, text), native.cmac(ours, text))
  })

  await exerciseOaep(t, token)

  await t.test('secrets are sealed and opened, and stay in C++', async (t) => {
    const key = token.key(await token.generateSecret('AES', 256, template(['encrypt', 'decrypt'])))
    const secret = native.generateSecret('HMAC', 256)
    const aad = Buffer.from('aad')
    const sealed = await token.sealSecret(key, secret, aad)
    t.same(native.exportKey(await token.openSecret(key, sealed, aad, 'HMAC')), native.exportKey(secret))
    t.equal((await token.openSecret(key, sealed, aad, 'AES')).type, 'AES')
    t.same(await token.open(key, sealed, aad), native.exportKey(secret))
    for (const [wrong, other] of [
      [sealed.subarray(1), aad],
      [Buffer.alloc(27), aad],
      [sealed, Buffer.alloc(0)],
    ] as const)
      await t.rejects(token.openSecret(key, wrong, other, 'HMAC'), {
        code: 'MORTISE_CRYPTO_DECRYPTION_FAILED',
      })
    const { privateKey } = await native.generateKeyPair('EC', 'P-256')
    t.throws(() => token.sealSecret(key, privateKey, aad), { code: 'MORTISE_INPUT_INVALID' })
  })

  await t.test('HMAC is what we make', async (t) => {
    const ours = native.generateSecret('HMAC', 512)
    const facts = await token.importKey(ours, template(['sign', 'verify']), 'created')
    t.equal(facts.checkValue !== undefined, can.checkValueOfHmac)
    const key = token.key(facts)
    for (const hash of ['SHA-256', 'SHA-384'] as const)
      t.same(await token.mac(key, hash, Buffer.from('text')), native.hmac(ours, hash, Buffer.from('text')))
    const both = await token.macBatch(key, 'SHA-256', [Buffer.from('a'), Buffer.from('b')])
    t.same(both[1], native.hmac(ours, 'SHA-256', Buffer.from('b')))
  })

  await t.test(
    'keys are wrapped in where the token allows it, and never extractable unless asked',
    async (t) => {
      const ec = await native.generateKeyPair('EC', 'P-256')
      const rsa = await native.generateKeyPair('RSA', 2048)
      for (const [type, key, usages] of [
        ['AES', native.generateSecret('AES', 256), ['encrypt']],
        ['HMAC', native.generateSecret('HMAC', 256), ['sign']],
        ['EC', ec.privateKey, ['sign']],
        ['RSA', rsa.privateKey, ['sign']],
      ] as const) {
        const wrapped = token.importKey(key, template(usages), 'wrapped')
        if (can.importsWrapped.includes(type))
          t.match(await wrapped, { wrapped: true, sensitive: true, extractable: false, local: false }, type)
        else await t.rejects(wrapped, { code: /^MORTISE_HSM_(UNSUPPORTED|REFUSED)$/ }, type)
        t.match(
          await token.importKey(key, template(usages), 'created'),
          { wrapped: false, sensitive: true, extractable: false },
          type,
        )
      }
      const imported = await token.importKey(ec.privateKey, template(['sign']), 'created')
      const signature = await token.sign(
        token.key({ ...imported, publicKey: ec.publicKey }),
        'ES256',
        Buffer.from('x'),
        {},
      )
      t.ok(native.verify(native.importPublic(ec.publicKey), 'ES256', Buffer.from('x'), signature, {}))
      const publicFacts = await token.importKey(
        native.importPublic(ec.publicKey),
        template(['verify']),
        'either',
      )
      t.same(publicFacts.publicKey, ec.publicKey)
    },
  )

  await t.test('keys are wrapped and unwrapped as we do', async (t) => {
    const kek = native.generateSecret('AES', 256)
    const wrapping = token.key(await token.importKey(kek, template(['wrap', 'unwrap']), 'created'))
    const target = native.generateSecret('AES', 256)
    const inside = token.key(
      await token.importKey(target, template(['encrypt'], { extractable: true }), 'created'),
    )
    const shut = token.key(await token.generateSecret('AES', 256, template(['encrypt'])))
    for (const method of ['AES-KW', 'AES-KWP'] as const) {
      const wrapped = await token.wrap(wrapping, inside, method)
      t.same(wrapped, native.wrapKey(kek, target, method), method)
      const back = await token.unwrap(wrapping, wrapped, method, 'secret', 'AES', template(['encrypt']))
      t.match(back, { sensitive: true, extractable: false, local: false, bits: 256 })
      await t.rejects(
        token.unwrap(wrapping, randomBytes(40), method, 'secret', 'AES', template(['encrypt'])),
        {
          code: 'MORTISE_CRYPTO_DECRYPTION_FAILED',
        },
      )
      await t.rejects(token.wrap(wrapping, shut, method), {
        code: 'MORTISE_HSM_REFUSED',
        message: /not extractable/,
      })
    }
  })
}
