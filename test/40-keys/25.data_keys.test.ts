/** Envelope encryption: data keys that are kept wrapped by a key, and used natively. */
import { hkdfSync } from 'node:crypto'
import t from 'tap'
import { decryptDataKey, generateDataKey, type Session } from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'
import { gcmOpen, openRecord, xaesKey } from '../support/xaes.js'

const fails = { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED', message: 'decryption failed', details: {} }
const data = Buffer.from('data')
const aad = Buffer.from('tenant 7')

const flip = (bytes: Buffer, at: number) =>
  Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)))

t.test('a data key seals at once, and opens again from its wrapped form', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  for (const length of [128, 192, 256]) {
    const { id } = await ann.createKey({ algorithm: 'AES', length })
    const { cipher, wrapped, keyId, keyVersion } = await ann.generateDataKey(id, { aad })
    t.strictSame([wrapped.length, wrapped[0], wrapped.readUInt32BE(1)], [80, 6, 1], 'as documented')
    t.match({ keyId, keyVersion }, { keyId: id, keyVersion: 1 })
    t.match(cipher, { keyId: id, keyVersion: 1, overhead: 45, ended: false })
    const record = cipher.seal(data, Buffer.from('record'))
    const [batched = data] = cipher.sealBatch([data])
    t.same(cipher.open(record, Buffer.from('record')), data)
    await cipher.reserve()
    await cipher.close()
    t.throws(() => cipher.seal(data), { code: 'MORTISE_LEASE_ENDED' })

    const again = await ann.decryptDataKey(id, wrapped, { aad })
    t.same(again.open(record, Buffer.from('record')), data)
    t.same(again.open(batched), data)
    t.throws(() => again.seal(data), { code: 'MORTISE_CRYPTO_UNSUPPORTED' }, 'by default it only opens')
    const both = await ann.decryptDataKey(id, wrapped, { aad, purposes: ['encrypt', 'decrypt'] })
    t.same(again.open(both.seal(data)), data)
    const other = await ann.generateDataKey(id)
    t.throws(() => other.cipher.open(record, Buffer.from('record')), fails, 'each is another key')
  }
})

t.test('the plaintext is what the cipher uses', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const { wrapped, plaintext } = await ann.generateWrappedDataKey(id, { aad, plaintext: true })
  t.equal(plaintext?.length, 32)
  t.same(await ann.exportDataKey(id, wrapped, { aad }), plaintext)
  const imported = await ann.register({ format: 'raw', algorithm: 'AES', material: plaintext ?? data })
  const cipher = await ann.decryptDataKey(id, wrapped, { aad, purposes: ['encrypt'] })
  t.same(await ann.decrypt(imported.id, cipher.seal(data)), data)
  t.strictSame(
    Object.keys(await ann.generateWrappedDataKey(id)).sort(),
    ['keyId', 'keyVersion', 'wrapped'],
    'without being asked for it stays inside',
  )
})

t.test('after any number of rekeys it opens, and a rewrapped one without the older versions', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const first = await ann.createKey({ algorithm: 'AES', name: 'kek' })
  const { cipher, wrapped } = await ann.generateDataKey('kek', { aad })
  const record = cipher.seal(data)
  for (let i = 0; i < 3; i++) await ann.rekey('kek')
  t.throws(() => cipher.open(record), { code: 'MORTISE_LEASE_ENDED' }, 'a rekey ends it, as other leases')
  t.same((await ann.decryptDataKey('kek', wrapped, { aad })).open(record), data)

  const newest = await ann.get('kek')
  const again = await ann.rewrapDataKey('kek', wrapped, { aad })
  t.match(again, { keyId: newest.id, keyVersion: 4 })
  t.equal(again.wrapped.readUInt32BE(1), 4)
  t.same(
    await ann.exportDataKey('kek', again.wrapped, { aad }),
    await ann.exportDataKey('kek', wrapped, { aad }),
  )
  const { records } = await (await house.administrator()).audit({ operation: 'RewrapDataKey' })
  t.match(records[0], { operation: 'RewrapDataKey', object: first.id, detail: { keyVersion: 4 } })

  await ann.revoke(first.id)
  t.same((await ann.decryptDataKey('kek', wrapped, { aad })).open(record), data, 'of a Deactivated version')
  t.equal(
    await outcome(ann.decryptDataKey('kek', wrapped, { aad, purposes: ['encrypt'] })),
    'MORTISE_KEY_STATE',
    'which seals nothing any more',
  )
  await ann.destroy(first.id, { afterDays: 0 })
  t.equal(await outcome(ann.decryptDataKey('kek', wrapped, { aad })), 'MORTISE_KEY_STATE')
  const cipherAgain = await ann.decryptDataKey('kek', again.wrapped, {
    aad,
    purposes: ['encrypt', 'decrypt'],
  })
  t.same(cipherAgain.open(record), data)
  t.same(cipherAgain.open(cipherAgain.seal(data)), data)
})

t.test('whatever is wrong with a wrapped form, one code and one text', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const other = await ann.createKey({ algorithm: 'AES' })
  const { wrapped } = await ann.generateWrappedDataKey(id, { aad })
  const all: readonly ((bytes: Buffer, more?: object) => Promise<unknown>)[] = [
    (bytes, more) => ann.decryptDataKey(id, bytes, { aad, ...more }),
    (bytes, more) => ann.exportDataKey(id, bytes, { aad, ...more }),
    (bytes, more) => ann.rewrapDataKey(id, bytes, { aad, ...more }),
  ]
  for (const open of all) {
    for (let at = 0; at < wrapped.length; at++) await t.rejects(open(flip(wrapped, at)), fails, `byte ${at}`)
    for (const size of [0, 1, 4, 5, 6, 79])
      await t.rejects(open(wrapped.subarray(0, size)), fails, `of ${size}`)
    await t.rejects(open(Buffer.concat([wrapped, data])), fails, 'longer')
    await t.rejects(open(wrapped, { aad: data }), fails, 'other additional data')
    await open(wrapped)
  }
  await t.rejects(ann.decryptDataKey(other.id, wrapped, { aad }), fails, 'another key')
  await t.rejects(ann.decryptDataKey(id, await ann.encrypt(id, Buffer.alloc(35), { aad }), { aad }), fails)
})

t.test('nothing else that the key does opens it', async (t) => {
  const ann = await (await KeyHouse.build(t, { policy: 'compatible' })).as('ann')
  for (const length of [128, 256]) {
    const { id } = await ann.createKey({
      algorithm: 'AES',
      length,
      callerIv: true,
      usage: ['Encrypt', 'Decrypt', 'WrapKey', 'UnwrapKey', 'DeriveKey'],
    })
    const { wrapped } = await ann.generateWrappedDataKey(id, { aad })
    const blob = wrapped.subarray(5)
    const context = Buffer.concat([wrapped.subarray(0, 5), aad])
    for (const [what, bytes, additional] of [
      ['the whole', wrapped, aad],
      ['as a record', Buffer.concat([Buffer.from([1, 0, 0, 0, 1]), blob.subarray(1)]), context],
      ['the blob as gcm', blob.subarray(13), Buffer.concat([blob.subarray(0, 1), context])],
    ] as const) {
      await t.rejects(ann.decrypt(id, bytes, { aad: additional }), fails, what)
      await t.rejects(ann.decrypt(id, bytes, { aad: additional, format: 'gcm' }), fails, what)
    }
    await t.rejects(
      ann.decrypt(id, blob.subarray(25, -16), {
        mode: 'GCM',
        iv: blob.subarray(13, 25),
        tag: blob.subarray(-16),
        aad: Buffer.concat([blob.subarray(0, 1), context]),
      }),
      fails,
    )
    for (const method of ['AES-GCM', 'AES-KW', 'AES-KWP'] as const) {
      await t.rejects(
        ann.register({ material: blob, algorithm: 'AES', wrapping: { key: id, method } }),
        fails,
        method,
      )
    }
    for (const info of ['mortise data key', 'mortise ']) {
      await t.rejects(
        ann.deriveKey(id, { algorithm: 'AES', info: Buffer.from(info), extractable: true }),
        { code: 'MORTISE_INPUT_INVALID' },
        'the key that seals it is not derived',
      )
    }
    await ann.deriveKey(id, { algorithm: 'AES', info: Buffer.from('mortise') })
  }
})

t.test('who may what', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const bob = await house.as('bob')
  const kek = await ann.createKey({ algorithm: 'AES' })
  const { wrapped } = await ann.generateWrappedDataKey(kek.id)
  const asked = async (who: Session) => ({
    generate: await outcome(who.generateDataKey(kek.id)),
    wrapped: await outcome(who.generateWrappedDataKey(kek.id)),
    plaintext: await outcome(who.generateWrappedDataKey(kek.id, { plaintext: true })),
    open: await outcome(who.decryptDataKey(kek.id, wrapped)),
    seal: await outcome(who.decryptDataKey(kek.id, wrapped, { purposes: ['encrypt'] })),
    export: await outcome(who.exportDataKey(kek.id, wrapped)),
    rewrap: await outcome(who.rewrapDataKey(kek.id, wrapped)),
  })
  const may = (...what: string[]) =>
    Object.fromEntries(
      ['generate', 'wrapped', 'plaintext', 'open', 'seal', 'export', 'rewrap'].map((one) => [
        one,
        what.includes(one) ? 'ok' : 'MORTISE_ACCESS_DENIED',
      ]),
    )
  await ann.grant(kek.id, { principal: 'bob' }, ['Encrypt', 'Decrypt', 'Export', 'ExportDataKey'])
  t.same(await asked(bob), may(), 'not who may encrypt and decrypt, nor by ExportDataKey alone')
  await ann.grant(kek.id, { principal: 'bob' }, ['WrapKey'])
  await ann.withdraw(kek.id, { principal: 'bob' }, ['ExportDataKey', 'Decrypt'])
  t.same(await asked(bob), may('generate', 'wrapped'))
  await ann.grant(kek.id, { principal: 'bob' }, ['UnwrapKey'])
  t.same(await asked(bob), may('generate', 'wrapped', 'open', 'seal', 'rewrap'), 'use, and no possession')
  await ann.withdraw(kek.id, { principal: 'bob' }, ['WrapKey'])
  t.same(await asked(bob), may('open'))
  await ann.grant(kek.id, { principal: 'bob' }, ['ExportDataKey'])
  t.same(await asked(bob), may('open', 'export'))
  await ann.grant(kek.id, { principal: 'bob' }, ['WrapKey'])
  await ann.withdraw(kek.id, { principal: 'bob' }, ['UnwrapKey'])
  t.same(await asked(bob), may('generate', 'wrapped', 'plaintext'))
})

t.test('what leaves is on the trail before it leaves', async (t) => {
  t.strictSame([generateDataKey.durability, decryptDataKey.durability], ['synced', 'synced'])
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const { wrapped } = await ann.generateWrappedDataKey(id, { plaintext: true })
  await ann.exportDataKey(id, wrapped)
  const { cipher } = await ann.generateDataKey(id)
  cipher.sealBatch([data, data])
  await cipher.close()
  const { records } = await (await house.administrator()).audit({ principal: ann.principal.id })
  t.match(records, [
    { operation: 'LeaseClosed', object: id, detail: { used: 2 } },
    { operation: 'GenerateDataKey', object: id, detail: { as: 'cipher' } },
    { operation: 'DecryptDataKey', object: id, detail: { as: 'plaintext' } },
    { operation: 'GenerateDataKey', object: id, detail: { as: 'plaintext' } },
  ])
})

t.test('the cipher ends with the right to the key that wraps it', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const bob = await house.as('bob')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  await ann.grant(id, { principal: 'bob' }, ['WrapKey', 'UnwrapKey'])
  const made = await bob.generateDataKey(id)
  const opened = await bob.decryptDataKey(id, made.wrapped)
  const own = await ann.decryptDataKey(id, made.wrapped)
  const record = made.cipher.seal(data)
  await ann.withdraw(id, { principal: 'bob' }, ['UnwrapKey'])
  t.throws(() => opened.open(record), { code: 'MORTISE_LEASE_ENDED' })
  t.same(own.open(record), data)
  await ann.revoke(id)
  t.throws(() => own.open(record), { code: 'MORTISE_LEASE_ENDED' })
  t.throws(() => made.cipher.seal(data), { code: 'MORTISE_LEASE_ENDED' })
})

t.test('the usage mask, dates, limits and kind of the key hold', async (t) => {
  const house = await KeyHouse.build(t, { policy: 'compatible' })
  const ann = await house.as('ann')
  const cipherKey = await ann.createKey({ algorithm: 'AES', usage: ['Encrypt', 'Decrypt'] })
  t.equal(await outcome(ann.generateDataKey(cipherKey.id)), 'MORTISE_KEY_USAGE')
  const wrapping = await ann.createKey({ algorithm: 'AES', usage: ['WrapKey', 'UnwrapKey'] })
  const { wrapped } = await ann.generateDataKey(wrapping.id)
  await ann.decryptDataKey(wrapping.id, wrapped)
  t.equal(await outcome(ann.decryptDataKey(wrapping.id, wrapped, { purposes: [] })), 'MORTISE_INPUT_INVALID')
  const only = await ann.createKey({ algorithm: 'AES', usage: ['UnwrapKey'] })
  t.equal(await outcome(ann.decryptDataKey(only.id, wrapped, { purposes: ['encrypt'] })), 'MORTISE_KEY_USAGE')
  const pair = await ann.createKeyPair({ algorithm: 'RSA', length: 2048 })
  t.equal(await outcome(ann.generateDataKey(pair.publicKey.id)), 'MORTISE_CRYPTO_UNSUPPORTED')
  t.equal(await outcome(ann.decryptDataKey(pair.privateKey.id, wrapped)), 'MORTISE_CRYPTO_UNSUPPORTED')

  const twice = await ann.createKey({
    algorithm: 'AES',
    attributes: { UsageLimits: { total: 2, unit: 'Object' } },
  })
  const { cipher } = await ann.generateDataKey(twice.id)
  for (let i = 0; i < 5; i++) cipher.seal(data)
  await ann.generateDataKey(twice.id)
  t.equal(await outcome(ann.generateDataKey(twice.id)), 'MORTISE_KEY_USAGE_LIMIT')
  const bytes = await ann.createKey({
    algorithm: 'AES',
    attributes: { UsageLimits: { total: 64, unit: 'Byte' } },
  })
  const made = await ann.generateDataKey(bytes.id)
  await ann.rewrapDataKey(bytes.id, made.wrapped)
  t.equal(await outcome(ann.rewrapDataKey(bytes.id, made.wrapped)), 'MORTISE_KEY_USAGE_LIMIT')
  await ann.decryptDataKey(bytes.id, made.wrapped, { purposes: ['encrypt'] })
})

t.test('docs/formats.md is enough to open one', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  for (const length of [128, 256]) {
    const { id } = await ann.createKey({ algorithm: 'AES', length, extractable: true })
    const { material } = await ann.export(id)
    const { cipher, wrapped } = await ann.generateDataKey(id, { aad })
    const sealer = Buffer.from(hkdfSync('sha256', material, '', 'mortise data key', 32))
    const nonce = wrapped.subarray(6, 30)
    const context = Buffer.concat([wrapped.subarray(5, 6), wrapped.subarray(0, 5), aad])
    const opened = gcmOpen(xaesKey(sealer, nonce), nonce.subarray(12), wrapped.subarray(30), context)
    t.strictSame([...(opened?.subarray(0, 2) ?? [])], [1, 1], 'a secret key of AES')
    const dataKey = opened?.subarray(2) ?? data
    const record = cipher.seal(data, aad)
    t.equal(record.readUInt32BE(1), 1, 'its records are of version 1')
    t.same(openRecord(dataKey, record, aad), data)
  }
})
