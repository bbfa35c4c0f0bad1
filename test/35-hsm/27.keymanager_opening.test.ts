/** Keys of applications on a token that open what was encrypted to them, and those that come from MOSIP. */
import { createHash, randomBytes } from 'node:crypto'
import { CompactEncrypt, importX509 } from 'jose'
import t from 'tap'
import { openKeyManager, toPem } from '../../lib/core/index.js'
import { Mosip, sealedTo } from '../support/mosip.js'
import { SoftHsm, softhsmIsThere } from '../support/softhsm.js'

// It has RSA-OAEP with SHA-1 alone: the padding is removed here.
t.test('keys on a token open', { skip: !softhsmIsThere && 'softhsm2 is not installed' }, async (t) => {
  const hsm = await SoftHsm.start(t, 'one')
  const on = { tokens: [hsm.token('one')], keyProvider: 'one', baseKeyProvider: 'one' }
  const km = await openKeyManager({ directory: t.testdir(), ...on })
  t.teardown(() => km.close())
  await km.ensurePrincipal({ name: 'root', roles: ['administrator'] })
  const { id } = await km.ensurePrincipal({ name: 'openspp', kind: 'service' })
  const root = await km.as('root')

  const mosip = new Mosip()
  const made = { made: '2026-06-01T10:00:00Z', days: 7000 }
  const above = mosip.add('ROOT', '', made)
  const module = mosip.add('REGISTRATION', '', { ...made, parent: above })
  const base = mosip.add('REGISTRATION', 'ENCRYPT', { ...made, parent: module, place: 'database' })
  const left = { dump: mosip.dump('copy'), keystore: mosip.keystore('secret'), password: 'secret' }
  t.match(await root.keymanager.moveFromMosip(left, { principal: id }), {
    moved: { length: 3 },
    notMoved: [],
  })
  const { keymanager } = await km.as('openspp')
  const [ofModule, ofBase] = [
    { application: 'REGISTRATION', reference: '' },
    { application: 'REGISTRATION', reference: 'ENCRYPT' },
  ]
  const salt = randomBytes(32)
  for (const key of [module, base])
    t.equal(
      (await keymanager.decrypt(ofBase, sealedTo(key, 'a record', salt), { salt })).toString(),
      'a record',
    )
  await t.rejects(keymanager.decrypt(ofModule, sealedTo(base, 'a record', salt), { salt }), {
    code: 'MORTISE_KEYMANAGER_ENVELOPE',
  })

  const next = await keymanager.makeKey(ofBase, { force: true })
  t.match(await (await km.as('openspp')).get(next.privateKey ?? ''), { provider: 'one', keyVersion: 2 })
  const sealed = await keymanager.encrypt(ofBase, Buffer.from('another'), { salt })
  t.equal((await keymanager.decrypt(ofBase, sealed, { salt })).toString(), 'another')
  for (const place of [40, 280, sealed.length - 1]) {
    const changed = Buffer.from(sealed)
    changed[place] = (changed[place] as number) ^ 1
    await t.rejects(keymanager.decrypt(ofBase, changed, { salt }), {
      code: 'MORTISE_CRYPTO_DECRYPTION_FAILED',
    })
  }
  const kid = createHash('sha256').update(next.x509.der).digest('base64url')
  const token = await new CompactEncrypt(Buffer.from('{}'))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid })
    .encrypt(await importX509(toPem('x509', next.x509.der), 'RSA-OAEP-256'))
  t.equal((await keymanager.decryptJwe(ofBase, token)).toString(), '{}')
  t.equal(
    (await keymanager.decrypt(ofBase, sealed, { salt })).toString(),
    'another',
    'the session still works',
  )
  t.equal((await root.tokenKeys('one')).filter(({ type }) => type === 'RSA').length, 8, 'four pairs')
})
