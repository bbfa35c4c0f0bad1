import { createHash } from 'node:crypto'
import t from 'tap'
import { isKnown, operations, structures, versions } from '../../lib/faces/kmip/index.js'
import type { Version } from '../../lib/faces/kmip/tables/rows.js'
import { treeOf } from '../conformance/tree.js'
import { Face } from './face.js'
import { attributesOf, id, KmipClient, messageOf, value } from './kmip_client.js'

const face = await Face.open(t, { '--faces-kmip': 'true' })
const kmip = new KmipClient(face)

const isTwo = (version: string) => version >= '2.0'
const attribute = (name: string, inside: string, index = '') =>
  `<Attribute>${value('AttributeName', 'TextString', name)}${index}${inside}</Attribute>`
const av = (type: string, text: string) => value('AttributeValue', type, text)

/** A Create of an AES key in the words of a version. */
function aes(version: string, name: string, more = '', length = '256'): string {
  const named = `${value('NameValue', 'TextString', name)}${value('NameType', 'Enumeration', 'UninterpretedTextString')}`
  const said = isTwo(version)
    ? `<Attributes>${value('CryptographicAlgorithm', 'Enumeration', 'AES')}${value('CryptographicLength', 'Integer', length)}${value('CryptographicUsageMask', 'Integer', 'Encrypt Decrypt')}<Name>${named}</Name>${more}</Attributes>`
    : `<TemplateAttribute>${attribute('Cryptographic Algorithm', av('Enumeration', 'AES'))}${attribute('Cryptographic Length', av('Integer', length))}${attribute('Cryptographic Usage Mask', av('Integer', 'Encrypt Decrypt'))}${attribute('Name', `<AttributeValue>${named}</AttributeValue>`)}${more}</TemplateAttribute>`
  return `${value('ObjectType', 'Enumeration', 'SymmetricKey')}${said}`
}

async function newKey(version: string, name: string, more = ''): Promise<string> {
  const made = await kmip.one(version, 'Create', aes(version, name, more))
  const key = made.field('UniqueIdentifier')
  if (key === undefined) throw new Error(`${made.reason}: ${made.message}`)
  return key
}

t.test('a key is made, found, got, used and destroyed in every version', async (t) => {
  for (const version of versions) {
    const key = await newKey(version, `life-${version}`)
    const [located, got] = await kmip.ask(version, [
      [
        'Locate',
        isTwo(version)
          ? `<Attributes><Name>${value('NameValue', 'TextString', `life-${version}`)}${value('NameType', 'Enumeration', 'UninterpretedTextString')}</Name></Attributes>`
          : attribute(
              'Name',
              `<AttributeValue>${value('NameValue', 'TextString', `life-${version}`)}${value('NameType', 'Enumeration', 'UninterpretedTextString')}</AttributeValue>`,
            ),
      ],
      ['Get', ''],
    ])
    t.equal(located?.field('UniqueIdentifier'), key, `${version}: by name`)
    t.equal(got?.field('UniqueIdentifier'), key, 'the ID Placeholder is what was located')
    t.equal(got?.field('KeyMaterial')?.length, 64)
    const steps = [
      ['Destroy', id(key)],
      ['Destroy', ''],
    ] as const
    t.same(
      (await kmip.ask(version, [['Activate', id(key)]])).map(({ status }) => status),
      ['Success'],
    )
    const refused = await kmip.one(version, 'Destroy', id(key))
    t.equal(refused.reason, isTwo(version) ? 'WrongKeyLifecycleState' : 'PermissionDenied')
    const revoked = await kmip.one(
      version,
      'Revoke',
      `${id(key)}<RevocationReason>${value('RevocationReasonCode', 'Enumeration', 'CessationOfOperation')}</RevocationReason>`,
    )
    t.equal(revoked.status, 'Success', revoked.message)
    const [gone, again] = await kmip.ask(version, steps)
    t.equal(gone?.status, 'Success', gone?.message ?? '')
    t.equal(again?.reason, isTwo(version) ? 'ObjectDestroyed' : 'PermissionDenied')
  }
})

t.test('a version sees only what it knows', async (t) => {
  const key = await newKey('2.1', 'seen')
  const seen: Record<string, string[]> = {}
  for (const version of versions) {
    const list = await kmip.one(version, 'GetAttributeList', id(key))
    seen[version] = list.fields(isTwo(version) ? 'AttributeReference' : 'AttributeName')
  }
  const has = (version: Version, name: string) => seen[version]?.includes(name)
  t.notOk(has('1.0', 'Fresh'))
  t.ok(has('1.1', 'Fresh'))
  t.notOk(has('1.3', 'Sensitive'))
  t.ok(has('1.4', 'Sensitive'))
  t.notOk(has('1.4', 'Key Format Type'))
  t.ok(has('2.0', 'KeyFormatType'))
  const one = await kmip.one('1.0', 'Encrypt', id(key))
  t.equal(one.reason, 'OperationNotSupported', 'an operation of 1.2')
  for (const version of versions)
    for (const [operation, payload] of [
      [
        'Query',
        ['QueryOperations', 'QueryObjects', 'QueryServerInformation', 'QueryRNGs', 'QueryCapabilities']
          .map((name) => value('QueryFunction', 'Enumeration', name))
          .join(''),
      ],
      ['Get', id(key)],
      ['GetAttributes', id(key)],
    ] as const)
      t.same(await unknownFields(version, operation, payload), [], `${operation} in ${version}`)
})

/** Fields of an answer that the tables do not know in a version, or in another order. */
async function unknownFields(version: Version, operation: string, payload: string): Promise<string[]> {
  const message = treeOf(await kmip.text(messageOf(version, [[operation, payload]])))
  const item = message.children.find(({ name }) => name === 'BatchItem')
  const answer = item?.children.find(({ name }) => name === 'ResponsePayload')
  const [header] = message.children
  const order = (name: string) =>
    (structures[name]?.fields ?? []).filter((row) => isKnown(row, version)).map(({ field }) => field)
  const wrong = (names: readonly string[], known: readonly string[]) => {
    const places = names.map((name) => (known.includes(name) ? known.indexOf(name) : known.indexOf('object')))
    return names.filter((_, i) => (places[i] ?? -1) < 0 || (places[i] ?? 0) < (places[i - 1] ?? 0))
  }
  return [
    ...wrong(header?.children.map(({ name }) => name) ?? [], order('ResponseHeader')),
    ...wrong(item?.children.map(({ name }) => name) ?? [], order('ResponseBatchItem')),
    ...wrong(answer?.children.map(({ name }) => name) ?? [], order(`${operation}ResponsePayload`)),
  ]
}

t.test('batches stop, go on, or are undone', async (t) => {
  const option = (name: string) => ({ header: value('BatchErrorContinuationOption', 'Enumeration', name) })
  const failing = ['Get', id('00000000-0000-4000-8000-000000000000')] as const
  const two = (name: string) =>
    [
      ['Create', aes('1.2', name)],
      failing,
      ['Query', value('QueryFunction', 'Enumeration', 'QueryObjects')],
    ] as const
  const statuses = async (name: string, header: string) =>
    (await kmip.ask('1.2', two(name), option(header))).map(({ status }) => status)
  t.same(await statuses('stop', 'Stop'), ['Success', 'OperationFailed'])
  t.same(await statuses('continue', 'Continue'), ['Success', 'OperationFailed', 'Success'])

  const key = await newKey('1.2', 'undone')
  const before = attributesOf(await kmip.one('1.2', 'GetAttributes', id(key)))
  const undone = await kmip.ask(
    '1.2',
    [
      ['Create', aes('1.2', 'never')],
      ['AddAttribute', `${id(key)}${attribute('Contact Information', av('TextString', 'nobody'))}`],
      ['Activate', id(key)],
      [
        'Revoke',
        `${id(key)}<RevocationReason>${value('RevocationReasonCode', 'Enumeration', 'KeyCompromise')}</RevocationReason>`,
      ],
      failing,
    ],
    option('Undo'),
  )
  t.same(
    undone.map(({ status }) => status),
    ['OperationUndone', 'OperationUndone', 'OperationUndone', 'OperationUndone', 'OperationFailed'],
    undone.map(({ message }) => message).join(),
  )
  const after = attributesOf(await kmip.one('1.2', 'GetAttributes', id(key)))
  const { 'Last Change Date': _, ...same } = after
  const { 'Last Change Date': __, ...was } = before
  t.same(same, was, 'everything is as it was')
  const located = await kmip.one(
    '1.2',
    'Locate',
    attribute(
      'Name',
      `<AttributeValue>${value('NameValue', 'TextString', 'never')}${value('NameType', 'Enumeration', 'UninterpretedTextString')}</AttributeValue>`,
    ),
  )
  t.same(located.fields('UniqueIdentifier'), [], 'what was made is gone')

  const [destroyed, made] = await kmip.ask(
    '1.2',
    [['Destroy', id(key)], ['Create', aes('1.2', 'neither')], failing],
    option('Undo'),
  )
  t.same([destroyed?.status, made?.status], ['Success', 'OperationUndone'], 'what is gone is told as gone')
})

t.test('headers', async (t) => {
  const key = await newKey('1.4', 'headed')
  const unknown = await kmip.one('9.9', 'Query', '')
  t.equal(unknown.reason, 'UnsupportedProtocolVersion')
  const small = await kmip.one('1.4', 'Get', id(key), {
    header: value('MaximumResponseSize', 'Integer', '256'),
  })
  t.equal(small.reason, 'ResponseTooLarge')
  const echoed = await kmip.text(
    messageOf('1.4', [['Query', '']], value('ClientCorrelationValue', 'TextString', 'mine')),
  )
  t.match(echoed, /<ClientCorrelationValue type="TextString" value="mine"\/>/)
  const twice = await kmip.one('1.4', 'Query', '', {
    header: value('MaximumResponseSize', 'Integer', '512').repeat(2),
  })
  t.equal(twice.reason, 'InvalidMessage')
  const counted = await kmip.text(
    messageOf('1.4', [['Query', '']])
      .replace('name="BatchCount"', '')
      .replace(/(BatchCount type="Integer" value=)"1"/, '$1"2"'),
  )
  t.match(counted, /InvalidMessage/)
  for (const [critical, status] of [
    ['true', 'OperationFailed'],
    ['false', 'Success'],
  ] as const) {
    const extension = `<MessageExtension>${value('VendorIdentification', 'TextString', 'acme')}${value('CriticalityIndicator', 'Boolean', critical)}<VendorExtension/></MessageExtension>`
    const xml = messageOf('1.2', [['Query', '']]).replace('</BatchItem>', `${extension}</BatchItem>`)
    t.match(await kmip.text(xml), new RegExp(`ResultStatus type="Enumeration" value="${status}"`))
  }
  const discovered = await kmip.one('1.1', 'DiscoverVersions', '')
  t.same(discovered.fields('ProtocolVersionMajor'), ['2', '2', '1', '1', '1', '1', '1'])
  t.same(discovered.fields('ProtocolVersionMinor'), ['1', '0', '4', '3', '2', '1', '0'], 'the newest first')
})

t.test('the digest of a key is that of what is got', async (t) => {
  const key = await newKey('2.1', 'digested')
  const material = Buffer.from((await kmip.one('2.1', 'Get', id(key))).field('KeyMaterial') ?? '', 'hex')
  const digest = (await kmip.one('2.1', 'GetAttributes', id(key))).field('DigestValue')
  t.equal(digest?.toLowerCase(), createHash('sha256').update(material).digest('hex'))
})

t.test('who asks', async (t) => {
  const key = await newKey('1.4', 'private')
  t.equal((await kmip.one('1.4', 'Get', id(key), { token: null })).reason, 'AuthenticationNotSuccessful')
  const other = await face.tokenOf('other', ['Create'])
  const hidden = await kmip.one('1.4', 'Get', id(key), { token: other })
  const missing = await kmip.one('1.4', 'Get', id('00000000-0000-4000-8000-000000000000'), { token: other })
  t.same([hidden.reason, hidden.message], [missing.reason, missing.message], 'as if there were none')
  await (await face.keyManager.as('admin')).setPassword('other', 'a long enough password')
  const credential = (password: string) => ({
    token: null,
    header: `<Authentication><Credential>${value('CredentialType', 'Enumeration', 'UsernameAndPassword')}<CredentialValue>${value('Username', 'TextString', 'other')}${value('Password', 'TextString', password)}</CredentialValue></Credential></Authentication>`,
  })
  const made = await kmip.one(
    '1.4',
    'Create',
    aes('1.4', 'by password'),
    credential('a long enough password'),
  )
  t.equal(made.status, 'Success', made.message)
  const wrong = await kmip.one('1.4', 'Create', aes('1.4', 'by nobody'), credential('another password'))
  t.equal(wrong.reason, 'AuthenticationNotSuccessful')
})

t.test('attributes of 1.x have indexes', async (t) => {
  const key = await newKey('1.4', 'indexed')
  const group = (text: string, index = '') => attribute('Object Group', av('TextString', text), index)
  const at = (index: number) => value('AttributeIndex', 'Integer', String(index))
  for (const text of ['a', 'b'])
    t.equal((await kmip.one('1.4', 'AddAttribute', `${id(key)}${group(text)}`)).status, 'Success')
  const changed = await kmip.one('1.4', 'ModifyAttribute', `${id(key)}${group('c', at(1))}`)
  t.same(
    [changed.field('AttributeIndex'), changed.field('AttributeValue')],
    ['1', 'c'],
    'the answer has the attribute',
  )
  const none = await kmip.one('1.4', 'ModifyAttribute', `${id(key)}${group('d', at(7))}`)
  t.equal(none.reason, 'ItemNotFound')
  await kmip.one(
    '1.4',
    'DeleteAttribute',
    `${id(key)}${value('AttributeName', 'TextString', 'Object Group')}${at(0)}`,
  )
  const left = attributesOf(
    await kmip.one(
      '1.4',
      'GetAttributes',
      `${id(key)}${value('AttributeName', 'TextString', 'Object Group')}`,
    ),
  )
  t.same(left, { 'Object Group': ['c'] })
  for (const [type, text] of [
    ['Integer', '7'],
    ['TextString', 'seven'],
    ['DateTime', '2030-01-02T03:04:05Z'],
    ['ByteString', '00FF'],
    ['Boolean', 'true'],
    ['LongInteger', '9007199254740993'],
  ] as const) {
    const added = await kmip.one('1.4', 'AddAttribute', `${id(key)}${attribute(`x-${type}`, av(type, text))}`)
    t.equal(added.field('AttributeValue'), text, `${type}: ${added.message}`)
    const found = await kmip.one('1.4', 'Locate', attribute(`x-${type}`, av(type, text)))
    t.same(found.fields('UniqueIdentifier'), [key], `found by a ${type}`)
  }
  t.equal(
    (await kmip.one('1.4', 'AddAttribute', `${id(key)}${attribute('State', av('Enumeration', 'Active'))}`))
      .reason,
    'PermissionDenied',
  )
})

t.test('attributes of 2.x are set, adjusted and deleted', async (t) => {
  const key = await newKey('2.1', 'adjusted')
  const wrapped = (inside: string) => `${id(key)}<NewAttribute>${inside}</NewAttribute>`
  const set = await kmip.one('2.1', 'SetAttribute', wrapped(value('ProtectionPeriod', 'Interval', '60')))
  t.equal(set.status, 'Success', set.message)
  const reference = (name: string) => value('AttributeReference', 'Enumeration', name)
  const adjusted = await kmip.one(
    '2.1',
    'AdjustAttribute',
    `${id(key)}${reference('ProtectionPeriod')}${value('AdjustmentType', 'Enumeration', 'Increment')}${value('AdjustmentValue', 'Interval', '30')}`,
  )
  t.equal(adjusted.status, 'Success', adjusted.message)
  t.equal(
    (await kmip.one('2.1', 'GetAttributes', `${id(key)}${reference('ProtectionPeriod')}`)).field(
      'ProtectionPeriod',
    ),
    '90',
  )
  t.equal(
    (await kmip.one('2.1', 'DeleteAttribute', `${id(key)}${reference('ProtectionPeriod')}`)).status,
    'Success',
  )
  t.equal(
    (await kmip.one('2.1', 'DeleteAttribute', `${id(key)}${reference('ProtectionPeriod')}`)).reason,
    'AttributeNotFound',
  )
})

t.test('an attribute that nobody knows never widens a search', async (t) => {
  await newKey('1.4', 'narrow')
  t.equal(
    (await kmip.one('1.4', 'Locate', attribute('Nonsense', av('TextString', 'x')))).reason,
    'InvalidField',
  )
  const none = await kmip.one('1.4', 'Locate', attribute('Certificate Length', av('Integer', '1')))
  t.same(none.fields('UniqueIdentifier'), [])
})

t.test('data is encrypted, signed and authenticated', async (t) => {
  const key = await newKey(
    '1.4',
    'used',
    attribute('Activation Date', av('DateTime', '2020-01-01T00:00:00Z')),
  )
  const gcm = `<CryptographicParameters>${value('BlockCipherMode', 'Enumeration', 'GCM')}${value('RandomIV', 'Boolean', 'true')}</CryptographicParameters>`
  const data = value('Data', 'ByteString', '00112233')
  const sealed = await kmip.one('1.4', 'Encrypt', `${id(key)}${gcm}${data}`)
  const parts = ['Data', 'IVCounterNonce', 'AuthenticatedEncryptionTag'] as const
  const opened = await kmip.one(
    '1.4',
    'Decrypt',
    `${id(key)}${gcm}${parts.map((name) => value(name, 'ByteString', sealed.field(name) ?? '')).join('')}`,
  )
  t.equal(opened.field('Data'), '00112233', opened.message)
  const wrong = await kmip.one(
    '1.4',
    'Decrypt',
    `${id(key)}${gcm}${parts.map((name) => value(name, 'ByteString', name === 'Data' ? '00000000' : (sealed.field(name) ?? ''))).join('')}`,
  )
  t.equal(wrong.reason, 'CryptographicFailure')

  const pair = await kmip.one(
    '1.4',
    'CreateKeyPair',
    `<CommonTemplateAttribute>${attribute('Cryptographic Algorithm', av('Enumeration', 'EC'))}${attribute('Cryptographic Length', av('Integer', '256'))}${attribute('Activation Date', av('DateTime', '2020-01-01T00:00:00Z'))}</CommonTemplateAttribute>`,
  )
  const [privateKey, publicKey] = [
    pair.field('PrivateKeyUniqueIdentifier') ?? '',
    pair.field('PublicKeyUniqueIdentifier') ?? '',
  ]
  const signed = await kmip.one('1.4', 'Sign', `${id(privateKey)}${data}`)
  const verified = await kmip.one(
    '1.4',
    'SignatureVerify',
    `${id(publicKey)}${data}${value('SignatureData', 'ByteString', signed.field('SignatureData') ?? '')}`,
  )
  t.equal(verified.field('ValidityIndicator'), 'Valid', signed.message)
  for (const format of ['X_509', 'TransparentECPublicKey'])
    t.equal(
      (await kmip.one('1.4', 'Get', `${id(publicKey)}${value('KeyFormatType', 'Enumeration', format)}`))
        .status,
      'Success',
      format,
    )
  t.equal(
    (await kmip.one('1.4', 'Get', `${id(publicKey)}${value('KeyFormatType', 'Enumeration', 'Raw')}`)).reason,
    'KeyFormatTypeNotSupported',
  )
  t.equal(
    (
      await kmip.one(
        '1.4',
        'Hash',
        `<CryptographicParameters>${value('HashingAlgorithm', 'Enumeration', 'SHA_256')}</CryptographicParameters>${value('Data', 'ByteString', '')}`,
      )
    )
      .field('Data')
      ?.toLowerCase(),
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )
})

t.test('data comes in parts', async (t) => {
  const parameters = `<CryptographicParameters>${value('HashingAlgorithm', 'Enumeration', 'SHA_256')}</CryptographicParameters>`
  const data = (text: string) => value('Data', 'ByteString', Buffer.from(text).toString('hex'))
  const correlated = (correlation = '') => value('CorrelationValue', 'ByteString', correlation)
  const begin = async () =>
    (
      await kmip.one('1.4', 'Hash', `${parameters}${data('a')}${value('InitIndicator', 'Boolean', 'true')}`)
    ).field('CorrelationValue')
  const last = value('FinalIndicator', 'Boolean', 'true')
  const correlation = await begin()
  await kmip.one('1.4', 'Hash', `${data('b')}${correlated(correlation)}`)
  const ended = await kmip.one('1.4', 'Hash', `${data('c')}${correlated(correlation)}${last}`)
  t.equal(ended.field('Data')?.toLowerCase(), createHash('sha256').update('abc').digest('hex'), ended.message)
  const again = await kmip.one('1.4', 'Hash', `${data('c')}${correlated(correlation)}${last}`)
  t.equal(again.reason, 'InvalidField', 'it has ended')
  const other = await face.tokenOf('another')
  const stolen = await kmip.one('2.1', 'Hash', `${data('c')}${correlated(await begin())}${last}`, {
    token: other,
  })
  t.equal(stolen.reason, 'InvalidCorrelationValue', 'somebody else’s')
})

t.test('what is decrypted in parts is seen when its tag has come', async (t) => {
  const key = await newKey(
    '2.1',
    'in-parts',
    `${value('ActivationDate', 'DateTime', '2020-01-01T00:00:00Z')}`,
  )
  const gcm = `<CryptographicParameters>${value('BlockCipherMode', 'Enumeration', 'GCM')}</CryptographicParameters>`
  const bytes = (name: string, hex = '') => value(name, 'ByteString', hex)
  const flag = (name: string) => value(name, 'Boolean', 'true')
  const ask = (operation: string, ...fields: readonly string[]) =>
    kmip.one('2.1', operation, `${id(key)}${fields.join('')}`)

  const first = await ask('Encrypt', gcm, bytes('Data', '0011'), flag('InitIndicator'))
  const [iv, correlation] = [first.field('IVCounterNonce'), first.field('CorrelationValue')]
  const rest = await ask(
    'Encrypt',
    bytes('Data', '2233'),
    bytes('CorrelationValue', correlation),
    flag('FinalIndicator'),
  )
  const sealed = [first, rest].map((answer) => answer.field('Data') ?? '')
  const tag = rest.field('AuthenticatedEncryptionTag') ?? ''
  t.equal(tag.length, 32, rest.message)

  const opened = async (given: string) => {
    const begun = await ask(
      'Decrypt',
      gcm,
      bytes('Data', sealed[0]),
      bytes('IVCounterNonce', iv),
      flag('InitIndicator'),
    )
    t.equal(begun.field('Data'), undefined, 'nothing so far')
    return ask(
      'Decrypt',
      bytes('Data', sealed[1]),
      bytes('CorrelationValue', begun.field('CorrelationValue')),
      flag('FinalIndicator'),
      bytes('AuthenticatedEncryptionTag', given),
    )
  }
  t.equal((await opened(tag)).field('Data'), '00112233')
  const wrong = await opened(`${tag.slice(2)}00`)
  t.same([wrong.reason, wrong.field('Data')], ['CryptographicFailure', undefined])
})

t.test('JSON, TTLV and operations alone', async (t) => {
  const bare = await face.ask('POST', '/kmip/2_1', { body: { tag: 'Ping', value: [] } })
  t.same([bare.status, bare.json.tag], [200, 'PingResponse'])
  const lost = await face.ask('POST', '/kmip/2_1', {
    body: {
      tag: 'Get',
      value: [{ tag: 'UniqueIdentifier', type: 'TextString', value: '00000000-0000-4000-8000-000000000000' }],
    },
  })
  t.equal(lost.status, 422)
  t.match(lost.text, /^Object_Not_Found: /)
  const other = await face.ask('POST', '/kmip', { body: 'x', headers: { 'content-type': 'text/plain' } })
  t.equal(other.status, 400)
  const broken = await face.ask('POST', '/kmip', {
    body: 'nothing',
    headers: { 'content-type': 'application/octet-stream' },
  })
  t.same([broken.status, broken.headers['content-type']], [200, 'application/octet-stream'])
  const off = await Face.open(t)
  t.equal((await off.ask('POST', '/kmip', { body: '{}' })).status, 404, 'off unless it is switched on')
})

t.test('every operation that is served is one of the table', async (t) => {
  t.ok(operations.size >= 39)
  for (const name of operations.keys()) t.ok(structures[`${name}RequestPayload`], name)
})
