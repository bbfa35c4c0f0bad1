import t, { type Test } from 'tap'
import { openKeyManager, type Session, type TokenOptions } from '../../lib/core/index.js'
import { fails } from '../contracts/hsm.js'
import { SoftHsm, softhsmIsThere } from '../support/softhsm.js'
import { noNss, nss } from './tokens.js'

const text = Buffer.from('attack at dawn')
const aad = Buffer.from('order 66')

async function onToken(t: Test, token: TokenOptions): Promise<Session> {
  const km = await openKeyManager({
    directory: t.testdir(),
    policy: 'compatible',
    tokens: [token],
    keyProvider: token.name,
  })
  t.teardown(() => km.close())
  await km.ensurePrincipal({ name: 'alice', kind: 'user' })
  return km.as('alice')
}

/** With a byte of the last part changed. */
function changed(sealed: Buffer): Buffer {
  const copy = Buffer.from(sealed)
  const at = copy.length - 5
  copy[at] = copy[at] === 0x41 ? 0x42 : 0x41
  return copy
}

t.test(
  'envelopes to keys on a token are opened by them',
  { skip: !softhsmIsThere && 'softhsm2 is not installed' },
  async (t) => {
    const hsm = await SoftHsm.start(t, 'one')
    const me = await onToken(t, hsm.token('one'))
    const agreeing = { privateUsage: ['KeyAgreement'], publicUsage: ['KeyAgreement'] } as const

    await t.test('JWE by ECDH-ES', async (t) => {
      for (const key of [
        { algorithm: 'EC', curve: 'P-256' },
        { algorithm: 'EC', curve: 'P-521' },
        { algorithm: 'X25519' },
      ]) {
        const { privateKey, publicKey } = await me.createKeyPair({ ...key, ...agreeing })
        t.equal(privateKey.provider, 'one')
        for (const alg of ['ECDH-ES', 'ECDH-ES+A256KW'] as const) {
          const sealed = await me.encrypt(publicKey.id, text, { format: 'jwe', alg })
          t.same(await me.decrypt(privateKey.id, sealed, { format: 'jwe' }), text, `${alg} ${key.curve}`)
          await fails(
            t,
            me.decrypt(privateKey.id, changed(sealed), { format: 'jwe' }),
            'MORTISE_CRYPTO_DECRYPTION_FAILED',
          )
        }
      }
    })

    await t.test('JWE by an AES key itself', async (t) => {
      await me.createKey({ algorithm: 'AES', length: 128, name: 'direct' })
      const sealed = await me.encrypt('direct', text, { format: 'jwe', alg: 'dir' })
      t.match(sealed.toString(), /^[^.]+\.\.[^.]+\.[^.]+\.[^.]+$/)
      t.same(await me.decrypt('direct', sealed, { format: 'jwe' }), text)
      const failed = 'MORTISE_CRYPTO_DECRYPTION_FAILED'
      await fails(t, me.decrypt('direct', changed(sealed), { format: 'jwe' }), failed)
      await fails(
        t,
        me.encrypt('direct', text, { format: 'jwe', alg: 'dir', enc: 'A256GCM' }),
        'MORTISE_CRYPTO_UNSUPPORTED',
      )
      await fails(t, me.encrypt('direct', text, { format: 'jwe', alg: 'A128KW' }), 'MORTISE_HSM_UNSUPPORTED')
    })

    await t.test('data keys, by a key that does nothing else', async (t) => {
      await me.createKey({ algorithm: 'AES', name: 'wrapping', usage: ['WrapKey', 'UnwrapKey'] })
      const { cipher, wrapped } = await me.generateDataKey('wrapping', { aad })
      t.same([wrapped[0], wrapped.length], [0x08, 65])
      const record = cipher.seal(text)
      await cipher.close()
      await me.rekey('wrapping')
      const again = await me.decryptDataKey('wrapping', wrapped, { aad })
      t.same(again.open(record), text, 'by the version that wrapped it')
      await again.close()
      const newer = await me.rewrapDataKey('wrapping', wrapped, { aad })
      const last = await me.decryptDataKey('wrapping', newer.wrapped, { aad })
      t.same(last.open(record), text)
      await last.close()
      const failed = 'MORTISE_CRYPTO_DECRYPTION_FAILED'
      await fails(t, me.decryptDataKey('wrapping', wrapped, { aad: text }), failed)
      await fails(t, me.decryptDataKey('wrapping', changed(wrapped), { aad }), failed)
      await fails(t, me.decrypt('wrapping', wrapped, { aad, format: 'gcm' }), 'MORTISE_KEY_USAGE')
    })
  },
)

t.test('RSA keys of a token open what was sealed to them', { skip: noNss }, async (t) => {
  const me = await onToken(t, { name: 'nss', ...nss(t), policy: { threads: 2, deadline: 60_000 } })
  const { privateKey, publicKey } = await me.createKeyPair({ algorithm: 'RSA', length: 2048 })
  t.equal(privateKey.provider, 'nss')
  const failed = 'MORTISE_CRYPTO_DECRYPTION_FAILED'
  const hybrid = await me.encrypt(publicKey.id, text, { format: 'hybrid', aad })
  t.same(await me.decrypt(privateKey.id, hybrid, { format: 'hybrid', aad }), text)
  await fails(t, me.decrypt(privateKey.id, hybrid, { format: 'hybrid' }), failed)
  await fails(t, me.decrypt(privateKey.id, changed(hybrid), { format: 'hybrid', aad }), failed)
  const badKey = Buffer.from(hybrid)
  badKey[40] = (badKey[40] as number) ^ 1
  await fails(t, me.decrypt(privateKey.id, badKey, { format: 'hybrid', aad }), failed)
  for (const enc of ['A256GCM', 'A128CBC-HS256'] as const) {
    const jwe = await me.encrypt(publicKey.id, text, { format: 'jwe', enc })
    t.same(await me.decrypt(privateKey.id, jwe, { format: 'jwe' }), text, enc)
  }
})
