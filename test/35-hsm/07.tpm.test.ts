import { createRequire } from 'node:module'
import t from 'tap'
import { native } from '../../lib/native/index.js'
import { exercise, isSignature, newEc } from './exercise.js'
import { noTpm, tpm } from './tokens.js'

t.test('a TPM', { skip: noTpm }, async (t) => {
  const options = await tpm(t)

  await t.test('does what every token must', async (t) => {
    const token = await native.openPkcs11({ ...options, policy: { threads: 2 } })
    t.match(token.capabilities, {
      oaepHashes: ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'],
      gcmParameters: undefined,
      keyWrapPad: undefined,
      token: { label: 'tpm', loginRequired: true, maxSessions: 1024 },
    })
    await exercise(t, token, {
      octets: [],
      takesKeys: false,
      agrees: false,
      keepsToUsages: false,
      oaep256: true,
      importsWrapped: [],
      checkValueOfHmac: false,
      tellsLocal: true,
    })
    await token.close()
  })

  await t.test('gives 1,024 sessions and no more: those that are left do everything', async (t) => {
    const others = new (createRequire(import.meta.url)('pkcs11js').PKCS11)()
    others.load(options.module)
    const cksOsLockingOk = 2
    const serial = 4
    others.C_Initialize({ flags: cksOsLockingOk })
    const [slot] = others.C_GetSlotList(true)
    for (let i = 0; i < 1019; i++) others.C_OpenSession(slot, serial)
    t.teardown(() => others.C_Finalize())

    const token = await native.openPkcs11({ ...options, foreign: true, policy: { threads: 16 } })
    const { privateKey } = await newEc(token)
    const key = token.key(privateKey)
    const data = Buffer.from('x')
    const signatures = await Promise.all(
      Array.from({ length: 100 }, () => token.sign(key, 'ES256', data, {})),
    )
    t.ok(signatures.every((signature) => isSignature(privateKey, data, signature)))
    const status = token.status()
    t.match(status, { state: 'ready', failed: 0, busy: 0, returnCodes: { CKR_SESSION_COUNT: Number } })
    // Five are left: one holds the login.
    t.equal(status.sessionLimit, 4)
    await token.close()
  })
})
