import crypto from 'node:crypto'
import t from 'tap'
import { native, type SignatureScheme, type SignOptions } from '../../lib/native/index.js'
import { binding, bytes, empty, onePairOfEach, rejectsCode, throwsCode } from './support.js'

const pairs = await onePairOfEach()

const theirHash = (scheme: SignatureScheme) =>
  ({ 1: 'sha1', 256: 'sha256', 384: 'sha384', 512: 'sha512' })[scheme.slice(2, 5)] ?? null

function theirKey(key: crypto.KeyObject, scheme: SignatureScheme, { encoding }: SignOptions) {
  if (scheme.startsWith('PS')) {
    const { RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST } = crypto.constants
    return { key, padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST }
  }
  return encoding === 'p1363' ? { key, dsaEncoding: 'ieee-p1363' as const } : { key }
}

t.test('signatures of node:crypto verify in batches, and changed ones do not', async (t) => {
  for (const { schemes, privateKey, publicKey } of pairs) {
    const pkcs8 = native.exportKey(privateKey)
    const theirs = crypto.createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    for (const scheme of schemes) {
      for (const encoding of ['der', 'p1363'] as const) {
        const messages = Array.from({ length: 20 }, (_, i) => crypto.randomBytes(i * 7))
        const signatures = messages.map((message) =>
          crypto.sign(theirHash(scheme), message, theirKey(theirs, scheme, { encoding })),
        )
        const bad = [0, 5, 9, 10, 11, 12, 19]
        signatures[0]![3]! ^= 1
        signatures[5] = signatures[6]!
        signatures[9] = Buffer.alloc(0)
        signatures[10] = signatures[10]!.subarray(1)
        signatures[11] = Buffer.concat([signatures[11]!, Buffer.alloc(1)])
        signatures[12] = Buffer.alloc(signatures[12]!.length)
        messages[19] = bytes('another')
        const expected = messages.map((_, i) => !bad.includes(i))
        for (const key of [native.importPublic(publicKey), privateKey]) {
          const lease = native.openVerifierLease(key, scheme, { encoding }, binding())
          t.strictSame(lease.verifyBatch(messages, signatures), expected, `${scheme}, ${encoding}`)
          t.strictSame(await lease.verifyBatchAsync(messages, signatures), expected, 'on threads')
          t.strictSame(
            messages.map((message, i) => native.verify(key, scheme, message, signatures[i]!, { encoding })),
            expected,
            'one by one',
          )
          t.equal(lease.used, 40, 'whether valid or not')
        }
      }
    }
  }
})

t.test('an RSA signature that begins with a zero verifies whole, and not without it', async (t) => {
  const { privateKey } = pairs[0]!
  for (const scheme of ['RS256', 'PS256'] as const) {
    const signer = native.openSignerLease(privateKey, scheme, {}, binding())
    const lease = native.openVerifierLease(privateKey, scheme, {}, binding())
    for (let i = 0; ; i++) {
      const message = bytes(`message ${i}`)
      const [signature] = signer.signBatch([message])
      if (signature![0] !== 0) continue
      const [whole, shorter] = lease.verifyBatch([message, message], [signature!, signature!.subarray(1)])
      t.equal(whole, true)
      t.equal(shorter, false, scheme)
      break
    }
  }
})

t.test('digests verify as their messages do, and what is no digest is an error', async (t) => {
  const ec = pairs[1]!.privateKey
  const message = bytes('message')
  const digest = crypto.createHash('sha256').update(message).digest()
  const signature = native.sign(ec, 'ES256', message, {})
  const lease = native.openVerifierLease(ec, 'ES256', { digested: true }, binding())
  t.strictSame(lease.verifyBatch([digest, Buffer.alloc(32)], [signature, signature]), [true, false])
  throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.verifyBatch([message], [signature]))
  await rejectsCode(t, 'MORTISE_INPUT_INVALID', lease.verifyBatchAsync([message], [signature]))
})

t.test('verifier leases check what they get, count and end as others do', async (t) => {
  const { privateKey } = pairs[4]!
  const lease = native.openVerifierLease(privateKey, 'EdDSA', {}, binding({ uses: 3 }))
  const signature = native.sign(privateKey, 'EdDSA', empty, {})
  const text = 'text' as unknown as Uint8Array
  for (const [inputs, signatures] of [
    [[empty], []],
    [[], [signature]],
    [[text], [signature]],
    [[empty], [text]],
    [empty, [signature]],
    [[empty], undefined],
  ] as unknown as [Uint8Array[], Uint8Array[]][]) {
    throwsCode(t, 'MORTISE_INPUT_INVALID', () => lease.verifyBatch(inputs, signatures))
    await rejectsCode(t, 'MORTISE_INPUT_INVALID', lease.verifyBatchAsync(inputs, signatures))
  }
  t.strictSame(lease.verifyBatch([], []), [])
  t.strictSame(await lease.verifyBatchAsync([], []), [])
  const four = [Array(4).fill(empty), Array(4).fill(signature)] as const
  throwsCode(t, 'MORTISE_LEASE_EXHAUSTED', () => lease.verifyBatch(...four))
  t.equal(lease.left, 3)
  t.strictSame(lease.verifyBatch([empty, bytes('x')], [signature, signature]), [true, false])
  t.equal(native.endLeases('store', 'object', null) > 0, true)
  throwsCode(t, 'MORTISE_LEASE_ENDED', () => lease.verifyBatch([empty], [signature]))
  await rejectsCode(t, 'MORTISE_LEASE_ENDED', lease.verifyBatchAsync([empty], [signature]))

  const [rsa, p256] = pairs.map((pair) => pair.privateKey)
  for (const [key, scheme, options] of [
    [rsa!, 'ES256', {}],
    [p256!, 'ES384', {}],
    [privateKey, 'EdDSA', { digested: true }],
    [native.generateSecret('HMAC', 256), 'RS256', {}],
  ] as const)
    throwsCode(t, 'MORTISE_CRYPTO_UNSUPPORTED', () =>
      native.openVerifierLease(key, scheme, options, binding()),
    )
})

t.test('an input that a getter takes away midway is read safely', async (t) => {
  const { privateKey } = pairs[4]!
  const lease = native.openVerifierLease(privateKey, 'EdDSA', {}, binding())
  const message = new Uint8Array(1 << 16).fill(1)
  const signature = native.sign(privateKey, 'EdDSA', message, {})
  const signatures = [signature, signature]
  Object.defineProperty(signatures, 1, {
    get: () => {
      structuredClone(message, { transfer: [message.buffer] })
      return signature
    },
  })
  t.strictSame(lease.verifyBatch([message, empty], signatures), [true, false])
})
