import crypto from 'node:crypto'
import t from 'tap'
import { native, type SignatureScheme, type SignOptions } from '../../lib/native/index.js'
import { binding, bytes, empty, onePairOfEach, rejectsCode, throwsCode } from './support.js'

const pairs = await onePairOfEach()

const hashes: Record<string, string> = { 1: 'sha1', 256: 'sha256', 384: 'sha384', 512: 'sha512' }
const hashOf = (scheme: SignatureScheme) => hashes[scheme.slice(2)] ?? null

function keyOptions(scheme: SignatureScheme, options: SignOptions) {
  if (scheme.startsWith('PS'))
    return {
      padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
      saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST,
    }
  return options.encoding === 'p1363' ? { dsaEncoding: 'ieee-p1363' as const } : {}
}

t.test('signatures verify at node:crypto, and its own here', async (t) => {
  for (const { schemes, privateKey, publicKey } of pairs) {
    const theirPrivate = crypto.createPrivateKey({
      key: native.exportKey(privateKey),
      format: 'der',
      type: 'pkcs8',
    })
    const theirPublic = crypto.createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
    const ourPublic = native.importPublic(publicKey)
    for (const scheme of schemes) {
      for (const encoding of ['der', 'p1363'] as const) {
        for (const message of [empty, bytes('message'), crypto.randomBytes(70_000)]) {
          const options = { encoding }
          const hash = hashOf(scheme)
          const ours = native.sign(privateKey, scheme, message, options)
          const later = await native.signAsync(privateKey, scheme, message, options)
          const theirs = crypto.sign(hash, message, { key: theirPrivate, ...keyOptions(scheme, options) })
          t.ok(
            crypto.verify(hash, message, { key: theirPublic, ...keyOptions(scheme, options) }, ours),
            `${scheme} ${encoding}`,
          )
          t.ok(crypto.verify(hash, message, { key: theirPublic, ...keyOptions(scheme, options) }, later))
          t.ok(native.verify(ourPublic, scheme, message, theirs, options))
          t.ok(native.verify(privateKey, scheme, message, ours, options), 'a private key verifies too')
          if (hash === null) continue
          const digest = crypto.createHash(hash).update(message).digest()
          t.ok(
            native.verify(
              ourPublic,
              scheme,
              message,
              native.sign(privateKey, scheme, digest, { ...options, digested: true }),
              options,
            ),
          )
          t.ok(native.verify(ourPublic, scheme, digest, ours, { ...options, digested: true }))
        }
      }
    }
  }
})

t.test('changed signatures and messages do not verify', async (t) => {
  for (const { schemes, privateKey } of pairs) {
    for (const scheme of schemes) {
      const signature = native.sign(privateKey, scheme, bytes('message'), {})
      const verifies = (changed: Uint8Array, message = bytes('message')) =>
        native.verify(privateKey, scheme, message, changed, {})
      t.notOk(verifies(signature, bytes('massage')))
      t.notOk(verifies(empty))
      t.notOk(verifies(signature.subarray(1)))
      t.notOk(verifies(Buffer.concat([signature, Buffer.alloc(1)])))
      for (let i = 0; i < signature.length; i++) {
        const changed = Buffer.from(signature)
        changed[i]! ^= 1
        if (verifies(changed)) t.fail(`${scheme} with byte ${i} changed`)
      }
    }
  }
})

t.test('keys, schemes and options must fit one another', async (t) => {
  const [rsa, p256, p384, , ed] = pairs.map((pair) => pair.privateKey)
  const secret = native.generateSecret('HMAC', 256)
  for (const [key, scheme] of [
    [rsa!, 'ES256'],
    [p256!, 'ES384'],
    [p384!, 'ES256'],
    [ed!, 'RS256'],
    [rsa!, 'EdDSA'],
    [secret, 'RS256'],
  ] as const) {
    throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.sign(key, scheme, empty, {}))
    throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.verify(key, scheme, empty, empty, {}))
    throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.openSignerLease(key, scheme, {}, binding()))
    await rejectsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', native.signAsync(key, scheme, empty, {}))
  }
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.sign(ed!, 'EdDSA', empty, { digested: true }))
  throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () => native.sign(rsa!, 'RS2' as 'RS256', empty, {}))
  throwsCode(t, 'MORTISE_INPUT_INVALID', () =>
    native.sign(rsa!, 'RS256', new Uint8Array(31), { digested: true }),
  )
  throwsCode(t, 'MORTISE_INPUT_INVALID', () =>
    native.sign(rsa!, 'RS256', empty, { encoding: 'asn1' as 'der' }),
  )
  throwsCode(t, 'MORTISE_INPUT_INVALID', () =>
    native.sign(rsa!, 'RS256', empty, { digested: 1 as unknown as boolean }),
  )
  throwsCode(t, 'MORTISE_INPUT_INVALID', () =>
    native.sign(native.importPublic(pairs[0]!.publicKey), 'RS256', empty, {}),
  )
})

t.test('signer leases sign batches', async (t) => {
  const messages = Array.from({ length: 20 }, (_, i) => crypto.randomBytes(i))
  for (const { schemes, privateKey } of pairs) {
    for (const scheme of schemes) {
      const lease = native.openSignerLease(privateKey, scheme, { encoding: 'p1363' }, binding())
      for (const signatures of [lease.signBatch(messages), await lease.signBatchAsync(messages)]) {
        t.equal(signatures.length, 20)
        signatures.forEach((signature, i) => {
          t.equal(signature.length, lease.signatureLength)
          t.ok(native.verify(privateKey, scheme, messages[i]!, signature, { encoding: 'p1363' }), scheme)
        })
      }
      t.equal(lease.used, 40)
      lease.end()
      throwsCode(t, 'MORTISE_LEASE_ENDED', () => lease.signBatch(messages))
      await rejectsCode(t, 'MORTISE_LEASE_ENDED', lease.signBatchAsync(messages))
    }
  }
  const lease = native.openSignerLease(pairs[1]!.privateKey, 'ES256', {}, binding({ uses: 3 }))
  throwsCode(t, 'MORTISE_LEASE_EXHAUSTED', () => lease.signBatch(messages))
  t.equal(lease.left, 3)
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.signBatch(['text'] as unknown as Uint8Array[]))
  t.ok(lease.signBatch([empty])[0]!.length <= lease.signatureLength)
})

t.test('an input that a getter takes away midway is read safely', async (t) => {
  const lease = native.openSignerLease(pairs[4]!.privateKey, 'EdDSA', {}, binding())
  const first = new Uint8Array(1 << 16).fill(1)
  const inputs = [first, empty]
  Object.defineProperty(inputs, 1, {
    get: () => {
      structuredClone(first, { transfer: [first.buffer] })
      return empty
    },
  })
  const [signature] = lease.signBatch(inputs)
  t.ok(native.verify(pairs[4]!.privateKey, 'EdDSA', new Uint8Array(1 << 16).fill(1), signature!, {}))
})
