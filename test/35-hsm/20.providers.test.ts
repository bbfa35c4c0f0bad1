import t from 'tap'
import type { MaterialVault } from '../../lib/hsm/index.js'
import { Pkcs11Provider, SoftwareProvider, TokenConnection } from '../../lib/hsm/index.js'
import { native } from '../../lib/native/index.js'
import { exerciseProvider } from '../contracts/hsm.js'
import { SoftHsm, softhsmIsThere } from '../support/softhsm.js'

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
    noEnvelopes: null,
  })
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
    noEnvelopes: 'MORTISE_HSM_UNSUPPORTED',
  })
})
