import t from 'tap'
import {
  type AttributeName,
  type AttributeValue,
  type AttributeValues,
  attributeNames,
  attributes,
  type Session,
} from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'
import { TestClock } from '../support/store.js'

const readOnly = { code: 'MORTISE_ATTRIBUTE_READ_ONLY' }
const invalid = { code: 'MORTISE_INPUT_INVALID' }
const missing = { code: 'MORTISE_ATTRIBUTE_NOT_FOUND' }
const exists = { code: 'MORTISE_ATTRIBUTE_EXISTS' }

const link = { type: 'parent', object: '01890000-0000-7000-8000-000000000000' }
/** Two values of each attribute that a client may give a key at any time. */
const settable: Partial<Record<AttributeName, readonly [AttributeValue, AttributeValue]>> = {
  ActivationDate: ['2030-01-01T00:00:00.000Z', '2030-02-01T00:00:00.000Z'],
  AlternativeName: [
    { type: 'URI', value: 'urn:a' },
    { type: 'DNSName', value: 'a.example' },
  ],
  ApplicationSpecificInformation: [
    { namespace: 'ssl', data: 'www' },
    { namespace: 'ssl', data: 'mail' },
  ],
  Comment: ['one', 'two'],
  ContactInformation: ['ann@example.org', '+41 1 23'],
  CryptographicParameters: [
    { blockCipherMode: 'GCM', tagLength: 16, randomIv: true },
    { blockCipherMode: 'CBC' },
  ],
  DeactivationDate: ['2031-01-01T00:00:00.000Z', '2031-02-01T00:00:00.000Z'],
  Description: ['first', 'Schlüssel für Jürgen'],
  KeyValueLocation: [
    { type: 'URI', value: 'https://a.example' },
    { type: 'URI', value: 'https://b.example' },
  ],
  Link: [link, { ...link, type: 'child' }],
  Name: ['a name', 'another'],
  ObjectGroup: ['payments', 'backups'],
  PKCS_12FriendlyName: ['my key', 'your key'],
  ProcessStartDate: ['2030-06-01T00:00:00.000Z', '2030-07-01T00:00:00.000Z'],
  ProtectionLevel: ['High', 'Low'],
  ProtectionPeriod: [86_400, 4_294_967_295],
  ProtectStopDate: ['2030-09-01T00:00:00.000Z', '2030-10-01T00:00:00.000Z'],
  QuantumSafe: [true, false],
  UsageLimits: [
    { total: 10, unit: 'Object' },
    { total: 1000, unit: 'Byte' },
  ],
  VendorAttribute: [
    { vendor: 'x', name: 'resource', type: 'text', value: 'r-1' },
    { vendor: 'x', name: 'system', type: 'integer', value: 7 },
  ],
}

/** What a client may give only when the object is made. */
const givenWhenMade: AttributeValues = {
  Fresh: true,
  NISTKeyType: ['SymmetricDataEncryptionKey'],
  OriginalCreationDate: '2001-01-01T00:00:00.000Z',
  RandomNumberGenerator: { rngAlgorithm: 'DRBG', drbgAlgorithm: 'CTR' },
}

const firstOf = (values: AttributeValues, name: AttributeName, multiple: boolean) =>
  multiple ? (values[name] as readonly AttributeValue[] | undefined)?.[0] : values[name]

t.test(
  'every attribute that a client may set is added, told, changed and taken away as the table says',
  async (t) => {
    const house = await KeyHouse.build(t)
    const ann = await house.as('ann')
    const clients = attributeNames.filter((name) => {
      const rule = attributes[name]
      return (
        'set' in rule &&
        rule.set === 'any time' &&
        !('of' in rule && !(rule.of as readonly string[]).includes('SymmetricKey'))
      )
    })
    t.strictSame(clients.sort(), Object.keys(settable).sort(), 'no attribute was forgotten here')
    for (const name of clients) {
      await t.test(name, async (t) => {
        const { id } = await ann.createKey({ algorithm: 'AES', activate: false })
        const rule = attributes[name]
        const multiple = 'multiple' in rule
        const deletable = 'delete' in rule
        const [one, two] = settable[name] as readonly [AttributeValue, AttributeValue]
        await t.rejects(ann.modifyAttribute(id, name, one), missing)
        if (deletable) await t.rejects(ann.deleteAttribute(id, name), missing)

        const added = await ann.addAttribute(id, name, one)
        t.strictSame(added, { id, attributes: { [name]: multiple ? [one] : one } })
        await t.rejects(ann.addAttribute(id, name, one), exists)
        t.strictSame(await ann.attributes(id, [name]), added.attributes)
        t.ok((await ann.attributeNames(id)).includes(name))

        const changed = await ann.modifyAttribute(id, name, two)
        t.strictSame(firstOf(changed.attributes, name, multiple), two)
        if (multiple) {
          await ann.addAttribute(id, name, one)
          await t.rejects(ann.modifyAttribute(id, name, two), invalid, 'it must be said which')
          await t.rejects(ann.modifyAttribute(id, name, two, one), exists)
          await t.rejects(ann.setAttribute(id, name, one), invalid)
          t.strictSame((await ann.deleteAttribute(id, name, two)).attributes, { [name]: [one] })
          await t.rejects(ann.deleteAttribute(id, name, two), missing)
        } else {
          t.strictSame((await ann.setAttribute(id, name, one)).attributes, { [name]: one })
        }
        if (deletable) {
          t.strictSame((await ann.deleteAttribute(id, name)).attributes, {})
          t.notOk((await ann.attributeNames(id)).includes(name))
          if (!multiple) t.strictSame((await ann.setAttribute(id, name, two)).attributes, { [name]: two })
        } else await t.rejects(ann.deleteAttribute(id, name), readOnly)
      })
    }
  },
)

t.test('what only the server sets, no client adds, changes or deletes', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', attributes: givenWhenMade })
  const closed = attributeNames.filter(
    (name) => !(name in settable) && !['Sensitive', 'Extractable'].includes(name),
  )
  for (const name of closed) {
    const value = (firstOf(givenWhenMade, name, false) ?? '2030-01-01T00:00:00.000Z') as AttributeValue
    for (const [what, work] of Object.entries({
      add: () => ann.addAttribute(id, name, value),
      modify: () => ann.modifyAttribute(id, name, value),
      delete: () => ann.deleteAttribute(id, name),
    })) {
      const code = await outcome(work())
      t.match(code, /ATTRIBUTE_(READ_ONLY|EXISTS|NOT_FOUND)/, `${what} ${name}`)
    }
    if (!(name in givenWhenMade))
      t.equal(
        await outcome(ann.createKey({ algorithm: 'AES', attributes: { [name]: value } })),
        'MORTISE_ATTRIBUTE_READ_ONLY',
        `make one with ${name}`,
      )
  }
  t.match(await ann.attributes(id), givenWhenMade, 'what it was made with stands')
  t.match(await ann.attributes(id), {
    UniqueIdentifier: id,
    ObjectType: 'SymmetricKey',
    State: 'Active',
    CryptographicAlgorithm: 'AES',
    CryptographicLength: 256,
    KeyValuePresent: true,
    LeaseTime: 3600,
    ProtectionStorageMask: 'Software',
    AlwaysSensitive: true,
    NeverExtractable: true,
  })
})

t.test('Sensitive becomes true and Extractable false, and neither goes back', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', extractable: true })
  t.match(await ann.attributes(id), {
    Sensitive: false,
    AlwaysSensitive: false,
    Extractable: true,
    NeverExtractable: false,
  })
  await ann.export(id)
  await t.rejects(ann.modifyAttribute(id, 'Sensitive', false), readOnly)
  await t.rejects(ann.modifyAttribute(id, 'Extractable', true), readOnly)
  await ann.modifyAttribute(id, 'Sensitive', true)
  await t.rejects(ann.export(id), { code: 'MORTISE_KEY_NOT_EXTRACTABLE' })
  await ann.setAttribute(id, 'Extractable', false)
  await t.rejects(ann.modifyAttribute(id, 'Sensitive', false), readOnly)
  await t.rejects(ann.setAttribute(id, 'Extractable', true), readOnly)
  t.match(await ann.attributes(id), {
    Sensitive: true,
    AlwaysSensitive: false,
    Extractable: false,
    NeverExtractable: false,
  })
})

t.test('values of another form, unknown names and too much of it are refused', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', activate: false })
  const wrong: [AttributeName, unknown][] = [
    ['Comment', ''],
    ['Comment', 7],
    ['Comment', 'x'.repeat(4097)],
    ['Comment', 'bell \u0007'],
    ['Comment', null],
    ['QuantumSafe', 'true'],
    ['ProtectionPeriod', -1],
    ['ProtectionPeriod', 2 ** 32],
    ['ProtectionLevel', 'high'],
    ['ActivationDate', 1_900_000_000],
    ['ActivationDate', '2030-01-01'],
    ['ActivationDate', '2030-13-01T00:00:00Z'],
    ['AlternativeName', { type: 'URI' }],
    ['AlternativeName', { type: 'URI', value: 'x', more: 1 }],
    ['AlternativeName', ['URI', 'x']],
    ['UsageLimits', { total: 0, unit: 'Byte' }],
    ['UsageLimits', { total: 1, unit: 'byte' }],
    ['CryptographicParameters', {}],
    ['VendorAttribute', { name: 'n' }],
    ['VendorAttribute', { name: 'n', value: { a: 1 } }],
    ['VendorAttribute', { name: 'n', value: 'x', type: 'integer' }],
    ['VendorAttribute', { name: 'n', value: 1.5 }],
    ['VendorAttribute', { name: 'n', type: 'byteString', value: 'abc' }],
    ['VendorAttribute', { name: 'n', type: 'longInteger', value: '9223372036854775808' }],
    ['VendorAttribute', { name: 'n', type: 'constructor', value: 'x' }],
    ['Name', 'x'.repeat(256)],
    ['Name', id],
    ['toString' as AttributeName, 'x'],
    ['Nmae' as AttributeName, 'x'],
  ]
  for (const [name, value] of wrong)
    await t.rejects(
      ann.addAttribute(id, name, value as AttributeValue),
      invalid,
      `${name} ${JSON.stringify(value)}`,
    )
  await t.rejects(ann.attributes(id, ['Nmae' as AttributeName]), invalid)
  await t.rejects(ann.addAttribute(id, 'VendorAttribute', { vendor: 'y', name: 'n', value: 'x' }), readOnly)

  const many = (count: number) => ({ ObjectGroup: Array.from({ length: count }, (_, i) => `group ${i}`) })
  await t.rejects(ann.createKey({ algorithm: 'AES', attributes: many(257) }), {
    code: 'MORTISE_INPUT_TOO_LARGE',
  })
  const { id: full } = await ann.createKey({ algorithm: 'AES', attributes: many(256) })
  await t.rejects(ann.addAttribute(full, 'ObjectGroup', 'one more'), { code: 'MORTISE_INPUT_TOO_LARGE' })
  const long = Array.from({ length: 17 }, (_, i) => ({ name: `n${i}`, value: 'x'.repeat(4096) }))
  await t.rejects(ann.createKey({ algorithm: 'AES', attributes: { VendorAttribute: long } }), {
    code: 'MORTISE_INPUT_TOO_LARGE',
  })
  await t.rejects(ann.createKey({ algorithm: 'AES', attributes: { ObjectGroup: ['a', 'a'] } }), exists)
})

t.test('dates are changed only while they may be, and not against one another', async (t) => {
  const clock = new TestClock()
  const house = await KeyHouse.build(t, { clock })
  const ann = await house.as('ann')
  const at = (hours: number) => new Date(clock.milliseconds + hours * 3_600_000).toISOString()
  const { id } = await ann.createKey({ algorithm: 'AES', attributes: { ActivationDate: at(1) } })
  await t.rejects(ann.addAttribute(id, 'DeactivationDate', at(0.5)), invalid)
  await ann.addAttribute(id, 'DeactivationDate', at(10))
  await t.rejects(ann.addAttribute(id, 'ProtectStopDate', at(11)), invalid)
  await t.rejects(ann.addAttribute(id, 'ProcessStartDate', at(0.5)), invalid)
  await ann.addAttribute(id, 'ProtectStopDate', at(5))
  await ann.addAttribute(id, 'ProcessStartDate', at(2))
  const fixed = at(3)
  clock.milliseconds += 90 * 60_000
  await t.rejects(ann.modifyAttribute(id, 'ActivationDate', fixed), readOnly, 'it is Active')
  await ann.modifyAttribute(id, 'ProcessStartDate', fixed)
  clock.milliseconds += 3 * 3_600_000
  await t.rejects(ann.modifyAttribute(id, 'ProcessStartDate', at(1)), readOnly, 'it has come')
  await t.rejects(
    ann.modifyAttribute(id, 'DeactivationDate', at(0)),
    invalid,
    'it must not protect after that',
  )
  await ann.modifyAttribute(id, 'ProtectStopDate', at(0))
  await ann.modifyAttribute(id, 'DeactivationDate', at(0))
  t.equal((await ann.get(id)).state, 'Deactivated')
  await t.rejects(ann.modifyAttribute(id, 'DeactivationDate', at(9)), readOnly)
  await t.rejects(ann.modifyAttribute(id, 'ProtectStopDate', at(0)), readOnly)
})

t.test('an attribute needs the right to it, and a date the right to what it does', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob, eve] = [await house.as('ann'), await house.as('bob'), await house.as('eve')]
  const { id } = await ann.createKey({ algorithm: 'AES', activate: false })
  const denied = { code: 'MORTISE_ACCESS_DENIED' }
  await t.rejects(eve.attributes(id), { code: 'MORTISE_KEY_NOT_FOUND' })
  await ann.grant(id, { principal: 'bob' }, ['GetAttributes'])
  await bob.attributes(id)
  await t.rejects(bob.addAttribute(id, 'Comment', 'x'), denied)
  await ann.grant(id, { principal: 'bob' }, ['ModifyAttributes'])
  await bob.addAttribute(id, 'Comment', 'x')
  const date = '2030-01-01T00:00:00Z'
  await t.rejects(bob.addAttribute(id, 'ActivationDate', date), denied)
  await t.rejects(bob.addAttribute(id, 'DeactivationDate', date), denied)
  await ann.grant(id, { principal: 'bob' }, ['Activate', 'Revoke'])
  await bob.addAttribute(id, 'ActivationDate', date)
  await bob.addAttribute(id, 'DeactivationDate', date)
  await (await house.administrator()).setAttribute(id, 'Comment', 'governed')
})

t.test('a name is given, changed and given up by the newest version', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'invoices' })
  await ann.createKey({ algorithm: 'AES', name: 'taken' })
  await t.rejects(ann.setAttribute(id, 'Name', 'taken'), { code: 'MORTISE_NAME_TAKEN' })
  await ann.setAttribute(id, 'Name', 'bills')
  t.equal((await ann.get('bills')).id, id)
  await t.rejects(ann.get('invoices'), { code: 'MORTISE_KEY_NOT_FOUND' })
  await ann.rekey('bills')
  await t.rejects(ann.setAttribute(id, 'Name', 'old'), readOnly)
  await ann.deleteAttribute('bills', 'Name')
  await t.rejects(ann.get('bills'), { code: 'MORTISE_KEY_NOT_FOUND' })
})

t.test('the links of the server are told, and not the client’s to change', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'EC' })
  const own = { type: 'publicKey', object: publicKey.id }
  t.strictSame((await ann.attributes(privateKey.id)).Link, [own])
  await t.rejects(ann.deleteAttribute(privateKey.id, 'Link', own), readOnly)
  await ann.addAttribute(privateKey.id, 'Link', link)
  t.strictSame((await ann.attributes(privateKey.id)).Link, [own, link])
  await ann.deleteAttribute(privateKey.id, 'Link')
  t.strictSame((await ann.attributes(privateKey.id)).Link, [own])
})

t.test('a lease outlives a comment, and ends with a date', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const cipher = await ann.openCipher(id)
  await ann.addAttribute(id, 'Comment', 'in use')
  await ann.get(id)
  const neighbour: Session = await (await house.open()).as('ann')
  await neighbour.setAttribute(id, 'Comment', 'of another process')
  for (let i = 0; i < 30 && !cipher.ended; i++) await new Promise((resolve) => setTimeout(resolve, 50))
  t.notOk(cipher.ended)
  cipher.seal(Buffer.from('x'))
  await ann.setAttribute(id, 'DeactivationDate', '2040-01-01T00:00:00Z')
  t.ok(cipher.ended, 'what it was decided on has changed')
})
