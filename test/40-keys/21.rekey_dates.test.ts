import t, { type Test } from 'tap'
import { type ObjectAttributes, objectTypes } from '../../lib/operation/index.js'
import { day, hour, TestClock } from '../support/clock.js'
import { type Inside, KeyHouse, keyOf, outcome } from '../support/key_house.js'

const year = 365 * day

/** A key with whatever attributes, which its owner rekeys. */
async function scene(t: Test) {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock, scheduler: false })
  const ann = await house.as('ann')
  const inside = await house.inside()
  const [key] = await keyOf('AES')
  const put = async (values: Partial<ObjectAttributes>, columns: object = {}) => {
    const row = inside.row(key, { owner: ann.principal.id, values, ...columns })
    await inside.put(row)
    return row.id
  }
  return { clock, house, ann, inside, put, now: clock.now() }
}

async function valuesOf(inside: Inside, id: string): Promise<ObjectAttributes> {
  const [row] = await inside.store.objects([id])
  return JSON.parse(row?.attributes ?? '')
}

t.test('with an offset the dates are moved by as much as the activation is', async (t) => {
  const { ann, put, now, inside } = await scene(t)
  const dates = {
    activated: now - 10 * day,
    processStart: now - 9 * day,
    protectStop: now + 20 * day,
    deactivated: now + 30 * day,
  }
  const id = await put(dates)
  const { replacement, replaced } = await ann.rekey(id, { offset: 'P2DT12H' })
  const activated = now + 2.5 * day
  const shift = activated - dates.activated
  t.match(await valuesOf(inside, replacement.id), {
    activated,
    processStart: dates.processStart + shift,
    protectStop: dates.protectStop + shift,
    deactivated: dates.deactivated + shift,
  })
  t.match(replacement, { state: 'PreActive', activated: new Date(activated).toISOString() })
  t.match(await valuesOf(inside, replaced.id), dates, 'the old dates stay')
  t.equal(replaced.state, 'Active')
})

t.test('without an offset the dates are copied, but no end that has come', async (t) => {
  const { ann, put, now, inside } = await scene(t)
  const dates = { activated: now - 10 * day, processStart: now - 9 * day, deactivated: now + year }
  const first = await ann.rekey(await put({ ...dates, protectStop: now - day }))
  const values = await valuesOf(inside, first.replacement.id)
  t.match(values, dates)
  t.equal(values.protectStop, undefined)
  t.equal(first.replacement.state, 'Active')

  const revoked = await put(
    { ...dates, revocationReason: 'Superseded', deactivated: now + day },
    { state: 'Deactivated' },
  )
  const second = await valuesOf(inside, (await ann.rekey(revoked, { offset: '0s' })).replacement.id)
  t.equal(second.deactivated, undefined, 'a revocation is no plan for the next key')
  t.equal(second.activated, now)

  const waiting = await put({}, { state: 'PreActive' })
  const third = await ann.rekey(waiting)
  t.match(third.replacement, { state: 'PreActive', activated: null })
  t.match((await ann.rekey(third.replacement.id, { offset: 'PT0S' })).replacement, { state: 'Active' })
})

t.test('a new version has every attribute of the old one but those that are its own', async (t) => {
  const { ann, put, now, inside } = await scene(t)
  const carried: Partial<ObjectAttributes> = {
    extractable: true,
    sensitive: false,
    description: 'of the year',
    comment: 'a comment',
    contactInformation: 'ann',
    objectGroups: ['invoices'],
    alternativeNames: [{ type: 'UninterpretedTextString', value: 'other' }],
    applicationSpecific: [{ namespace: 'app', data: 'x' }],
    vendorAttributes: [{ vendor: 'x', name: 'cost', type: 'integer', value: 7 }],
    cryptographicParameters: [{ BlockCipherMode: 'GCM' }],
    usageLimits: { total: 1000, unit: 'Object' },
    protectionLevel: 'High',
    activated: now - day,
  }
  const own: Partial<ObjectAttributes> = {
    compromised: now - hour,
    compromiseOccurred: now - 2 * hour,
    changed: now - hour,
    originallyCreated: now - year,
    revocationReason: 'KeyCompromise',
    revocationMessage: 'lost',
    fresh: false,
    alwaysSensitive: false,
    neverExtractable: false,
    moreLinks: [{ type: 'parent', object: 'x' }],
    links: { previous: 'y' },
  }
  const id = await put({ ...carried, ...own }, { state: 'Compromised', name: 'key' })
  const { replacement, replaced } = await ann.rekey('key')
  t.strictSame(await valuesOf(inside, replacement.id), { ...carried, links: { replaced: id } })
  t.match(await valuesOf(inside, id), {
    ...carried,
    ...own,
    links: { previous: 'y', replacement: replacement.id },
  })
  t.match(
    [replacement.state, replaced.state],
    ['Active', 'Compromised'],
    'the new key of a compromised one is good',
  )
  t.match([replacement.name, replaced.name], ['key', null])
})

t.test('length, curve and fewer usages may be asked for, more rights may not', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', length: 128, name: 'k', extractable: true })
  const box = await ann.encrypt('k', Buffer.from('short'))
  const { replacement } = await ann.rekey('k', {
    length: 256,
    usage: ['Encrypt', 'Decrypt'],
    extractable: false,
    description: 'longer',
  })
  t.match(replacement, {
    length: 256,
    usage: ['Encrypt', 'Decrypt'],
    extractable: false,
    sensitive: true,
    description: 'longer',
    name: 'k',
  })
  t.equal(`${await ann.decrypt('k', box)}`, 'short')
  t.equal(`${await ann.decrypt('k', await ann.encrypt('k', Buffer.from('long')))}`, 'long')
  t.match(await ann.get(id), { length: 128, extractable: true })

  const pair = await ann.createKeyPair({ algorithm: 'EC', curve: 'P-256', name: 's', publicName: 'v' })
  t.match((await ann.rekey('s', { curve: 'P-384' })).replacement, { curve: 'P-384', length: 384 })
  t.match(await ann.get('v'), { curve: 'P-384', length: 384, type: 'PublicKey' })

  for (const [options, code] of [
    [{ length: 100 }, 'MORTISE_CRYPTO_UNSUPPORTED'],
    [{ curve: 'P-256' }, 'MORTISE_CRYPTO_UNSUPPORTED'],
    [{ usage: ['Encrypt', 'WrapKey'] }, 'MORTISE_INPUT_INVALID'],
    [{ offset: '-1d' }, 'MORTISE_INPUT_INVALID'],
    [{ offset: 'P1M' }, 'MORTISE_INPUT_INVALID'],
    [{ offset: 'P' }, 'MORTISE_INPUT_INVALID'],
    [{ offset: 'P1DT' }, 'MORTISE_INPUT_INVALID'],
    [{ offset: '999999999d' }, 'MORTISE_INPUT_INVALID'],
  ] as const) {
    t.equal(await outcome(ann.rekey('k', options as object)), code, JSON.stringify(options))
  }
  await t.rejects(ann.rekey(pair.publicKey.id), {
    code: 'MORTISE_INPUT_INVALID',
    message: /rekey the private key/,
  })
  await t.rejects(ann.rekey('v'), { code: 'MORTISE_INPUT_INVALID', message: /rekey the private key/ })
  const inside = await house.inside()
  const [key] = await keyOf('AES')
  for (const type of objectTypes) {
    if (/Key$/.test(type) && type !== 'SplitKey') continue
    const row = inside.row(key, { owner: ann.principal.id })
    const object = inside.barrier.authenticateObject({ ...row, type })
    await inside.put(object)
    t.equal(await outcome(ann.rekey(object.id)), 'MORTISE_INPUT_INVALID', type)
  }
})

t.test(
  'after 50 rotations every record and signature is good, by id, by name and through any version',
  async (t) => {
    const house = await KeyHouse.build(t)
    const ann = await house.as('ann')
    const rotations = 50
    const ids = [(await ann.createKey({ algorithm: 'AES', name: 'k' })).id]
    const { privateKey, publicKey } = await ann.createKeyPair({
      algorithm: 'Ed25519',
      name: 's',
      publicName: 'v',
    })
    const publicIds = [publicKey.id]
    const data = (version: number) => Buffer.from(`data of version ${version}`)
    const boxes = [await ann.encrypt('k', data(0))]
    const signatures = [await ann.sign('s', data(0))]
    for (let version = 1; version <= rotations; version++) {
      const { replacement, replaced } = await ann.rekey('k')
      t.equal(replaced.links.replacement, replacement.id)
      t.equal(replacement.links.replaced, ids.at(-1))
      ids.push(replacement.id)
      boxes.push(await ann.encrypt('k', data(version)))
      publicIds.push((await ann.rekey('s')).replacement.links.publicKey ?? '')
      signatures.push(await ann.sign('s', data(version)))
    }
    t.match(await ann.get('k'), { id: ids.at(-1), keyVersion: rotations + 1, family: ids[0] })
    t.match(await ann.get('s'), { keyVersion: rotations + 1, family: privateKey.id })
    t.match(await ann.get('v'), { id: publicIds.at(-1), keyVersion: rotations + 1, family: publicKey.id })
    const good = []
    for (const [version, box] of boxes.entries()) {
      const any = ids[(version * 7 + 3) % ids.length] ?? ''
      for (const by of ['k', ids[version] ?? '', ids[0] ?? '', any]) {
        good.push(data(version).equals(await ann.decrypt(by, box)))
      }
      good.push(await ann.verify(publicIds[version] ?? '', data(version), signatures[version] ?? box))
      good.push(
        !(await ann.verify(publicIds[(version + 1) % 51] ?? '', data(version), signatures[version] ?? box)),
      )
    }
    t.equal(good.length, 51 * 6)
    t.ok(good.every(Boolean))
    const { items } = await ann.locate({ family: ids[0] ?? '' })
    t.strictSame(
      items.map(({ id }) => id),
      ids,
    )
  },
)
