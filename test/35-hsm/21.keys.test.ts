import t, { type Test } from 'tap'
import { openKeyManager, type Session } from '../../lib/core/index.js'
import type { Pkcs11Status } from '../../lib/native/index.js'
import { fails } from '../contracts/hsm.js'
import { SoftHsm, softhsmIsThere } from '../support/softhsm.js'

const text = Buffer.from('attack at dawn')
const aad = Buffer.from('order 66')

t.test('keys on a token', { skip: !softhsmIsThere && 'softhsm2 is not installed' }, async (t) => {
  const hsm = await SoftHsm.start(t, 'one', 'two')
  const directory = t.testdir()
  const open = () =>
    openKeyManager({
      directory,
      policy: 'compatible',
      tokens: [hsm.token('one'), hsm.token('two')],
      keyProvider: 'one',
    })
  let km = await open()
  t.teardown(() => km.close())
  await km.ensurePrincipal({ name: 'alice', kind: 'user' })
  let me = await km.as('alice')
  const again = async () => {
    await km.close()
    km = await open()
    me = await km.as('alice')
  }

  await t.test('are made where it is said, and shown as they are', async (t) => {
    const invoices = await me.createKey({ algorithm: 'AES', name: 'invoices' })
    t.match(invoices, { provider: 'one', extractable: false, sensitive: true })
    t.match(await me.attributes(invoices.id), {
      AlwaysSensitive: true,
      NeverExtractable: true,
      Sensitive: true,
      Extractable: false,
      ProtectionStorageMask: 'Hardware',
    })
    const [two, here] = [
      await me.createKey({ algorithm: 'AES', provider: 'two' }),
      await me.createKey({ algorithm: 'AES', provider: 'software' }),
    ]
    t.equal(two.provider, 'two')
    t.equal(here.provider, 'software')
    t.match(await hsm.tool('one', '--list-objects', '--type', 'secrkey'), /label: +invoices/)
    t.match(
      await hsm.tool('two', '--list-objects', '--type', 'secrkey'),
      new RegExp(two.id.replaceAll('-', '')),
    )
    await fails(t, me.createKey({ algorithm: 'AES', provider: 'three' }), 'MORTISE_CRYPTO_UNSUPPORTED')
  })

  await t.test('seal, open and are rekeyed; a restart finds them again', async (t) => {
    const record = await me.encrypt('invoices', text, { aad })
    const { replacement, replaced } = await me.rekey('invoices')
    t.equal(replacement.provider, 'one')
    t.equal(replacement.keyVersion, 2)
    const newer = await me.encrypt('invoices', text, { aad })
    t.not(replaced.id, replacement.id)
    await again()
    t.same(await me.decrypt('invoices', record, { aad }), text, 'the older version opens what it sealed')
    t.same(await me.decrypt('invoices', newer, { aad }), text)
    const gcm = await me.encrypt('invoices', text, { format: 'gcm' })
    t.same(await me.decrypt('invoices', gcm, { format: 'gcm' }), text)
    await fails(t, me.decrypt('invoices', record), 'MORTISE_CRYPTO_DECRYPTION_FAILED')
  })

  await t.test('pairs sign, agree and are named by their halves', async (t) => {
    const pair = await me.createKeyPair({ algorithm: 'EC', curve: 'P-384', name: 'signer' })
    const signature = await me.sign('signer', text)
    t.equal(await me.verify(pair.publicKey.id, text, signature), true)
    t.equal(pair.publicKey.provider, 'one')
    const { replacement } = await me.rekey('signer')
    const newer = await me.sign('signer', text)
    t.equal(await me.verify(pair.publicKey.id, text, newer), false)
    t.equal(await me.verify(replacement.links.publicKey ?? '', text, newer), true)
    const rsa = await me.createKeyPair({ algorithm: 'RSA', length: 2048 })
    const sealed = await me.encrypt(rsa.publicKey.id, text, { oaep: 'SHA-256' })
    // What the token lacks is not done elsewhere.
    const refused = { code: /^MORTISE_HSM_(UNSUPPORTED|REFUSED)$/, message: /CKM_RSA_PKCS_OAEP/ }
    await t.rejects(me.decrypt(rsa.privateKey.id, sealed, { oaep: 'SHA-256' }), refused)
  })

  await t.test('pairs agree with those of others on keys as long as their field', async (t) => {
    const usage = { privateUsage: ['KeyAgreement'], publicUsage: ['KeyAgreement'] } as const
    const hmac = { algorithm: 'HMAC-SHA-256', usage: ['MACGenerate', 'MACVerify'] } as const
    for (const [curve, length] of [
      ['P-256', 256],
      ['P-384', 384],
    ] as const) {
      const theirs = await me.createKeyPair({ algorithm: 'EC', curve, ...usage, provider: 'software' })
      const ours = await me.createKeyPair({ algorithm: 'EC', curve, ...usage })
      const agree = async (base: string, other: string, key: { algorithm: string; length: number }) => {
        const { material: peer } = await me.export(other, { format: 'spki' })
        return me.deriveKey(base, { ...key, method: 'Agreed', peer })
      }
      const here = await agree(theirs.privateKey.id, ours.publicKey.id, { ...hmac, length })
      const onToken = await agree(ours.privateKey.id, theirs.publicKey.id, { ...hmac, length })
      t.match([here, onToken], [{ provider: 'software' }, { provider: 'one', extractable: false }])
      t.same(await me.mac(onToken.id, text), await me.mac(here.id, text), curve)
      const aes = agree(ours.privateKey.id, theirs.publicKey.id, { algorithm: 'AES', length: 256 })
      if (curve === 'P-256') t.match(await aes, { algorithm: 'AES', provider: 'one' })
      else
        await t.rejects(
          aes,
          { code: 'MORTISE_HSM_UNSUPPORTED', message: /field/ },
          'no other key than the peer',
        )
    }
    const pair = () => me.createKeyPair({ algorithm: 'EC', ...usage })
    const { privateKey } = await pair()
    const { material: peer } = await me.export((await pair()).publicKey.id, { format: 'spki' })
    await t.rejects(me.deriveKey(privateKey.id, { algorithm: 'AES', peer }), {
      code: 'MORTISE_HSM_UNSUPPORTED',
      message: /not by HKDF/,
    })
    const large = await me.createKeyPair({ algorithm: 'EC', curve: 'P-384', ...usage })
    await fails(
      t,
      me.deriveKey(large.privateKey.id, { algorithm: 'AES', method: 'Agreed', peer }),
      'MORTISE_CRYPTO_KEY_INVALID',
    )
  })

  await t.test('what a token lacks is refused by name, and leaves nothing behind', async (t) => {
    const before = (await me.locate()).items.length
    await t.rejects(me.createKey({ algorithm: 'AES-XTS' }), {
      code: 'MORTISE_HSM_UNSUPPORTED',
      message: /AES-XTS/,
    })
    // One that seals records might open data keys as well.
    await fails(t, me.generateWrappedDataKey('invoices'), 'MORTISE_KEY_USAGE')
    t.equal((await me.locate()).items.length, before)
  })

  await t.test('are taken in, and leave wrapped by a key of the token', async (t) => {
    const material = Buffer.alloc(32, 9)
    const key = await me.register({
      format: 'raw',
      algorithm: 'AES',
      material,
      extractable: true,
      name: 'brought',
    })
    t.match(key, { provider: 'one', extractable: true })
    t.match(await me.attributes(key.id), { AlwaysSensitive: false, NeverExtractable: false })
    const kek = await me.createKey({ algorithm: 'AES', usage: ['WrapKey', 'UnwrapKey'], name: 'kek' })
    const wrapping = { key: 'kek', method: 'AES-KW' } as const
    const { material: wrapped } = await me.export('brought', { wrapping })
    t.equal(wrapped.length, 40)
    const back = await me.register({ algorithm: 'AES', material: wrapped, wrapping })
    t.equal(back.provider, kek.provider)
    const sealed = await me.encrypt('brought', text, { format: 'gcm' })
    t.same(await me.decrypt(back.id, sealed, { format: 'gcm' }), text)
    const other = await me.createKey({ algorithm: 'AES', provider: 'software', extractable: true })
    await fails(t, me.export(other.id, { wrapping }), 'MORTISE_HSM_UNSUPPORTED')
    await fails(t, me.export('brought'), 'MORTISE_KEY_NOT_EXTRACTABLE')
  })

  await t.test('revoked and destroyed they are gone from the token as well', async (t) => {
    const key = await me.createKey({ algorithm: 'AES', name: 'short-lived' })
    const record = await me.encrypt(key.id, text)
    await me.revoke(key.id, 'CessationOfOperation')
    t.match(await me.destroy(key.id), { state: 'Destroyed' })
    await fails(t, me.decrypt(key.id, record), 'MORTISE_KEY_STATE')
    await km.runDueJobs()
    t.notMatch(await hsm.tool('one', '--list-objects', '--type', 'secrkey'), /short-lived/)
    t.same((await me.jobs()).items, [], 'and nothing is left to do')
  })

  await t.test('what could not be written is taken off the token again', async (t) => {
    const taken = { algorithm: 'AES', name: 'invoices', provider: 'two' }
    await fails(t, me.createKey(taken), 'MORTISE_NAME_TAKEN')
    await t.resolves(km.health())
    t.notMatch(await hsm.tool('two', '--list-objects', '--type', 'secrkey'), /invoices/)
  })

  await t.test('leases on them are asynchronous', async (t) => {
    const cipher = await me.openCipher('invoices')
    t.throws(() => cipher.seal(text), { code: 'MORTISE_LEASE_ASYNCHRONOUS', message: /sealAsync/ })
    t.throws(() => cipher.openBatch([text]), { message: /openBatchAsync/ })
    const plaintexts = Array.from({ length: 300 }, (_, i) => Buffer.from(`record ${i}`))
    const records = await cipher.sealBatchAsync(plaintexts, aad)
    t.same(await cipher.openBatchAsync(records, aad), plaintexts)
    t.same(await me.decrypt('invoices', records[299] as Buffer, { aad }), plaintexts[299])
    const record = await cipher.sealAsync(text)
    t.same(await cipher.openAsync(record), text)
    t.equal(cipher.used, 602)
    const signer = await me.openSigner('signer')
    t.throws(() => signer.signBatchSync([text]), { message: /signBatch/ })
    const verifier = await me.openVerifier((await me.get('signer')).links.publicKey ?? '')
    const signatures = await Promise.all(plaintexts.slice(0, 20).map((one) => signer.sign(one)))
    t.ok((await verifier.verifyBatch(plaintexts.slice(0, 20), signatures)).every((valid) => valid))
    await me.createKey({ algorithm: 'HMAC-SHA-256', name: 'macs' })
    const mac = await me.openMac('macs')
    t.throws(() => mac.mac(text), { message: /macAsync/ })
    const one = await mac.macAsync(text)
    t.same(one, await me.mac('macs', text))
    t.same(await mac.verifyBatchAsync([text, aad], [one, one]), [true, false])
    t.equal(await me.macVerify('macs', text, one), true)
    await me.revoke('macs', 'Unspecified')
    await fails(t, mac.macAsync(text), 'MORTISE_LEASE_ENDED')
    await Promise.all([cipher.close(), signer.close(), verifier.close(), mac.close()])
    await fails(t, cipher.sealAsync(text), 'MORTISE_LEASE_ENDED')
  })

  await km.ensurePrincipal({ name: 'root', roles: ['administrator'] })
  const root = await km.as('root')
  await fails(t, me.adopt({ key: 'pkcs11:token=one;id=%02' }), 'MORTISE_ACCESS_DENIED')
  await adopted(
    t,
    hsm,
    () => root,
    () => km.tokenHealth()[0]?.status,
  )
})

async function adopted(
  t: Test,
  hsm: SoftHsm,
  me: () => Session,
  health: () => Pkcs11Status | undefined,
): Promise<void> {
  await t.test('keys of others are adopted, once, and found by where they are', async (t) => {
    await hsm.tool(
      'one',
      '--keypairgen',
      '--key-type',
      'EC:prime256v1',
      '--id',
      '01',
      '--label',
      'old signer',
    )
    await hsm.tool('one', '--keygen', '--key-type', 'aes:32', '--id', '02', '--label', 'old key')
    const [privateKey, publicKey] = await me().adopt({
      key: 'pkcs11:token=one;object=old%20signer',
      name: 'adopted',
    })
    t.match(privateKey, { provider: 'one', type: 'PrivateKey', algorithm: 'EC', curve: 'P-256' })
    t.equal(privateKey?.links.publicKey, publicKey?.id)
    const signature = await me().sign('pkcs11:token=one;id=%01;type=private', text)
    t.equal(await me().verify(publicKey?.id ?? '', text, signature), true)
    t.equal((await me().get('pkcs11:id=%01')).id, privateKey?.id)
    t.equal((await me().get('pkcs11:id=%01;type=public')).id, publicKey?.id)
    await fails(t, me().adopt({ key: 'pkcs11:token=one;id=%01' }), 'MORTISE_HSM_KEY_EXISTS')
    const [key] = await me().adopt({ key: 'pkcs11:token=one;id=%02;type=secret-key' })
    t.same(await me().decrypt(key?.id ?? '', await me().encrypt('pkcs11:object=old%20key', text)), text)
    await fails(t, me().adopt({ key: 'pkcs11:token=one;object=nobody' }), 'MORTISE_HSM_KEY_NOT_FOUND')
    await fails(t, me().adopt({ key: 'pkcs11:token=three;id=%02' }), 'MORTISE_HSM_KEY_NOT_FOUND')
    await fails(t, me().get('pkcs11:token=one'), 'MORTISE_INPUT_INVALID')
    await fails(t, me().get('pkcs11:id=%77'), 'MORTISE_KEY_NOT_FOUND')
    for (const [type, id] of [
      ['EC:prime256v1', '03'],
      ['rsa:2048', '04'],
    ] as const)
      await hsm.tool(
        'one',
        '--keypairgen',
        '--key-type',
        type,
        '--id',
        id,
        '--label',
        `careful ${id}`,
        '--always-auth',
      )
    const [careful, rsa] = [
      await me().adopt({ key: 'pkcs11:token=one;id=%03' }),
      await me().adopt({ key: 'pkcs11:token=one;id=%04' }),
    ]
    const before = health()
    const each = [await me().sign(careful[0]?.id ?? '', text), await me().sign(careful[0]?.id ?? '', text)]
    const lease = await me().openSigner(careful[0]?.id ?? '')
    each.push(...(await lease.signBatch([text, text])))
    await lease.close()
    for (const one of each) t.equal(await me().verify(careful[1]?.id ?? '', text, one), true)
    const sealed = await me().encrypt(rsa[1]?.id ?? '', text, { oaep: 'SHA-1' })
    t.same(await me().decrypt(rsa[0]?.id ?? '', sealed, { oaep: 'SHA-1' }), text)
    const after = health()
    t.ok((after?.logins ?? 0) >= (before?.logins ?? 0) + 5, 'with the PIN each time, where a key asks for it')
    t.equal(after?.generation, before?.generation, 'and nobody else hears of it')
    const macs = await me().get('macs')
    t.equal((await me().get('pkcs11:token=one;object=macs')).id, macs.id, 'so are those that were made here')
    const invoices = await me().get('invoices')
    const id = invoices.id.replaceAll('-', '').replace(/../g, '%$&')
    t.equal((await me().get(`pkcs11:id=${id}`)).id, invoices.id)
    await fails(t, me().adopt({ key: `pkcs11:token=one;id=${id}` }), 'MORTISE_HSM_KEY_EXISTS')
  })
}
