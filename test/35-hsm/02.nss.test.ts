import t from 'tap'
import { native } from '../../lib/native/index.js'
import { exercise } from './exercise.js'
import { noNss, nss } from './tokens.js'

t.test('NSS does what every token must', { skip: noNss }, async (t) => {
  const token = await native.openPkcs11({ ...nss(t), policy: { threads: 2, deadline: 60_000 } })
  t.match(token.capabilities, {
    cryptoki: '3.0',
    gcmParameters: 'with-iv-bits',
    gcmIv: 'local',
    keyWrapPad: 'CKM_AES_KEY_WRAP_KWP',
  })
  await exercise(t, token, {
    octets: [],
    takesKeys: true,
    agrees: true,
    keepsToUsages: true,
    oaep256: true,
    importsWrapped: ['AES', 'HMAC', 'RSA'],
    checkValueOfHmac: true,
    tellsLocal: false,
  })
  await token.close()
})
