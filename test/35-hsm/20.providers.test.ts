import t from 'tap'
import type { MaterialVault } from '../../lib/hsm/index.js'
import { Pkcs11Provider, SoftwareProvider, TokenConnection } from '../../lib/hsm/index.js'
import { type KeyHandle, native } from '../../lib/native/index.js'
import { exerciseProvider, managedObject } from '../contracts/hsm.js'
import { SoftHsm, softhsmIsThere } from '../support/softhsm.js'

const nothing = Buffer.alloc(0)

t.test('keys in this process', async (t) => {
  const sealing = native.generateSecret('AES', 256)
  const vault: MaterialVault = {
    sealMaterial: (key, { id }) => native.sealKey(sealing, key, Buffer.from(id)),
    openMaterial: (material, { id }) => native.openKey(sealing, material, Buffer.from(id)),
    openSecret: (material, { id }) => native.openKeyBytes(sealing, material, Buffer.from(id)),
  }
  await exerciseProvider(t, new SoftwareProvider(vault), {
    notMade: [],
    oaep: ['SHA-1', 'SHA-256'],
    notExported: null,
  })
})

t.test('a key that was read before it was sealed anew does not stand in the way of itself', async (t) => {
  const [before, now] = [native.generateSecret('AES', 256), native.generateSecret('AES', 256)]
  const secret = native.generateSecret('HMAC', 256)
  const provider = new SoftwareProvider({
    sealMaterial: (key) => native.sealKey(now, key, nothing),
    openMaterial: (material) => native.openKey(now, material, nothing),
    openSecret: (material) => native.openKeyBytes(now, material, nothing),
  })
  const sealedBy = (sealing: KeyHandle) =>
    managedObject(
      provider,
      { id: 'key', type: 'SymmetricKey', serial: 1 },
      'HMAC-SHA-256',
      native.sealKey(sealing, secret, nothing),
    )
  const [stale, fresh] = [sealedBy(before), sealedBy(now)]
  await t.rejects(provider.open(stale).mac(nothing), { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' })
  await t.rejects(provider.open(stale).export({ format: 'raw' }), {
    code: 'MORTISE_CRYPTO_DECRYPTION_FAILED',
  })
  t.same(await provider.open(fresh).mac(nothing), native.hmac(secret, 'SHA-256', nothing))
  t.same(await provider.open(fresh).export({ format: 'raw' }), native.exportKey(secret))
})

t.test('keys on a token', { skip: !softhsmIsThere && 'softhsm2 is not installed' }, async (t) => {
  const hsm = await SoftHsm.start(t, 'port')
  await exerciseProvider(t, new Pkcs11Provider(new TokenConnection(hsm.token('port'))), {
    notMade: [
      { algorithm: 'AES-XTS', code: 'MORTISE_HSM_UNSUPPORTED' },
      { algorithm: 'ChaCha20', code: 'MORTISE_HSM_UNSUPPORTED' },
    ],
    // SoftHSM has no other hash.
    oaep: ['SHA-1'],
    notExported: 'MORTISE_KEY_NOT_EXTRACTABLE',
  })
})
