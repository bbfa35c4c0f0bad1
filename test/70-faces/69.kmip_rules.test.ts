/** What a KMIP client says of the server: defaults and constraints for new objects, roles of the two ends, PKCS#11. */
import t from 'tap'
import { Face } from './face.js'
import { id, KmipClient, messageOf, value } from './kmip_client.js'

const face = await Face.open(t, { '--faces-kmip': 'true' })
const kmip = new KmipClient(face)

const enumeration = (name: string, word: string) => value(name, 'Enumeration', word)
const group = (text: string) => value('ObjectGroup', 'TextString', text)
const groups = (...texts: string[]) => `<ObjectGroups>${texts.map(group).join('')}</ObjectGroups>`
const attributes = (...inside: string[]) => `<Attributes>${inside.join('')}</Attributes>`
const length = (bits: number) => value('CryptographicLength', 'Integer', String(bits))
const aes = enumeration('CryptographicAlgorithm', 'AES')
const encrypt = value('CryptographicUsageMask', 'Integer', 'Encrypt Decrypt')
const create = (...said: string[]) =>
  kmip.one('2.1', 'Create', `${enumeration('ObjectType', 'SymmetricKey')}${attributes(...said)}`)
const register = (bits: number) =>
  kmip.one(
    '2.1',
    'Register',
    `${enumeration('ObjectType', 'SymmetricKey')}${attributes(encrypt)}<SymmetricKey><KeyBlock>${enumeration('KeyFormatType', 'Raw')}<KeyValue>${value('KeyMaterial', 'ByteString', '01'.repeat(bits / 8))}</KeyValue>${aes}${length(bits)}</KeyBlock></SymmetricKey>`,
  )
/** The values of an attribute, and not of fields in others. */
async function said(key: string | undefined, name: string): Promise<string[]> {
  const { payload } = await kmip.one('2.1', 'GetAttributes', id(key ?? ''))
  const all = payload.children.find((one) => one.name === 'Attributes')?.children ?? []
  return all.filter((one) => one.name === name).map((one) => one.value)
}

t.test('what a client leaves out has a default', async (t) => {
  t.equal((await create(encrypt)).status, 'OperationFailed')
  const usual = `<ObjectDefaults>${enumeration('ObjectType', 'SymmetricKey')}${attributes(aes, length(192), value('Comment', 'TextString', 'by default'))}</ObjectDefaults>`
  const grouped = `<ObjectDefaults><ObjectTypes>${enumeration('ObjectType', 'SymmetricKey')}</ObjectTypes>${attributes(value('ContactInformation', 'TextString', 'payments@example.org'))}${groups('payments')}</ObjectDefaults>`
  const set = `<DefaultsInformation>${usual}${grouped}</DefaultsInformation>`
  const stranger = { token: await face.tokenOf('stranger', ['Create']) }
  t.equal((await kmip.one('2.1', 'SetDefaults', set, stranger)).reason, 'PermissionDenied')
  t.equal((await kmip.one('2.1', 'SetDefaults', set)).status, 'Success')
  const made = (await create(encrypt)).field('UniqueIdentifier')
  t.same(await said(made, 'CryptographicLength'), ['192'])
  t.same(await said(made, 'Comment'), ['by default'])
  t.same(await said(made, 'ContactInformation'), [])
  const other = (await create(encrypt, length(256), group('payments'))).field('UniqueIdentifier')
  t.same(await said(other, 'CryptographicLength'), ['256'], 'what it says, goes')
  t.same(await said(other, 'ContactInformation'), ['payments@example.org'])
  const older = await kmip.one(
    '1.2',
    'Create',
    `${enumeration('ObjectType', 'SymmetricKey')}<TemplateAttribute/>`,
    stranger,
  )
  t.same(
    await said(older.field('UniqueIdentifier'), 'CryptographicLength'),
    ['192'],
    'of whatever version, and whoever asks',
  )
  t.same(
    await said((await register(128)).field('UniqueIdentifier'), 'CryptographicLength'),
    ['128'],
    'what the key is, is said',
  )
  const told = await kmip.one('2.1', 'Query', enumeration('QueryFunction', 'QueryDefaultsInformation'))
  t.same(told.fields('Comment'), ['by default'])

  const wrong = `<DefaultsInformation><ObjectDefaults>${enumeration('ObjectType', 'SymmetricKey')}${attributes()}</ObjectDefaults></DefaultsInformation>`
  t.equal((await kmip.one('2.1', 'SetDefaults', wrong)).reason, 'InvalidField')
  t.equal((await kmip.one('2.1', 'SetDefaults', '')).status, 'Success')
  t.equal((await create(encrypt)).status, 'OperationFailed', 'there are none any more')
})

t.test('new objects are as the constraints have it', async (t) => {
  const constraint = (...inside: string[]) => `<Constraint>${inside.join('')}</Constraint>`
  const types = (type: string) => `<ObjectTypes>${enumeration('ObjectType', type)}</ObjectTypes>`
  const set = `<Constraints>${constraint(types('SymmetricKey'), attributes(aes, length(128), length(256)))}${constraint(groups('payments'), attributes(value('Extractable', 'Boolean', 'false')))}</Constraints>`
  t.equal((await kmip.one('2.1', 'SetConstraints', set)).status, 'Success')
  t.equal((await create(aes, encrypt, length(192))).reason, 'ConstraintViolation')
  t.equal((await create(aes, encrypt, length(128))).status, 'Success')
  t.equal((await create(aes, encrypt, length(256), group('payments'))).reason, 'ConstraintViolation')
  const hidden = value('Extractable', 'Boolean', 'false')
  t.equal((await create(aes, encrypt, length(256), group('payments'), hidden)).status, 'Success')
  t.equal((await register(192)).reason, 'ConstraintViolation')
  t.equal((await register(256)).status, 'Success')
  const pair = `<CommonAttributes>${enumeration('CryptographicAlgorithm', 'EC')}${length(256)}</CommonAttributes>`
  t.equal((await kmip.one('2.1', 'CreateKeyPair', pair)).status, 'Success', 'they are about other types')
  const older = `${enumeration('ObjectType', 'SymmetricKey')}<TemplateAttribute><Attribute>${value('AttributeName', 'TextString', 'Cryptographic Algorithm')}${enumeration('AttributeValue', 'AES')}</Attribute><Attribute>${value('AttributeName', 'TextString', 'Cryptographic Length')}${value('AttributeValue', 'Integer', '192')}</Attribute></TemplateAttribute>`
  t.equal((await kmip.one('1.4', 'Create', older)).reason, 'InvalidField')
  const got = await kmip.one('2.1', 'GetConstraints', '')
  t.same(got.fields('CryptographicLength'), ['128', '256'])
  const stranger = { token: await face.tokenOf('another') }
  t.equal((await kmip.one('2.1', 'SetConstraints', '<Constraints/>', stranger)).reason, 'PermissionDenied')
  t.equal((await kmip.one('2.1', 'SetConstraints', '<Constraints/>')).status, 'Success')
  t.equal((await create(aes, encrypt, length(192))).status, 'Success')
  t.same(
    (await kmip.one('2.1', 'GetConstraints', '')).payload.children.map(({ name }) => name),
    ['Constraints'],
  )
})

t.test('the server stays the server', async (t) => {
  const role = (word: string) => kmip.one('2.1', 'SetEndpointRole', enumeration('EndpointRole', word))
  t.equal((await role('Server')).field('EndpointRole'), 'Server')
  t.equal((await role('Client')).reason, 'FeatureNotSupported')
})

t.test('PKCS#11 is begun, asked and ended', async (t) => {
  const call = async (name: string, correlation?: string, more = '') => {
    const given = correlation === undefined ? '' : value('CorrelationValue', 'ByteString', correlation)
    const item = await kmip.one('2.1', 'PKCS_11', `${more}${enumeration('PKCS_11Function', name)}${given}`)
    return { item, code: item.field('PKCS_11ReturnCode'), correlation: item.field('CorrelationValue') }
  }
  t.equal((await call('C_GetInfo')).code, 'CRYPTOKI_NOT_INITIALIZED')
  const { code, correlation } = await call('C_Initialize')
  t.equal(code, 'OK')
  const info = (await call('C_GetInfo', correlation)).item.field('PKCS_11OutputParameters') ?? ''
  t.equal(info.length, 2 * (2 + 32 + 8 + 32 + 2))
  t.equal(Buffer.from(info, 'hex').toString('latin1', 2, 34), 'Mortise'.padEnd(32))
  t.equal((await call('C_Sign', correlation)).code, 'FUNCTION_NOT_SUPPORTED')
  t.equal((await call('C_Finalize', correlation)).code, 'OK')
  t.equal((await call('C_GetInfo', correlation)).code, 'CRYPTOKI_NOT_INITIALIZED', 'it has ended')
  t.equal((await call('0x0000ffff')).item.reason, 'PKCS_11InvalidFunction')
  const other = value('PKCS_11Interface', 'TextString', 'Vendor')
  t.equal((await call('C_Initialize', undefined, other)).item.reason, 'PKCS_11InvalidInterface')
})

t.test('an answer says which request it is to, and the trail says the same', async (t) => {
  const header = value('ClientCorrelationValue', 'TextString', 'mine')
  const log = ['Log', value('LogMessage', 'TextString', 'correlated')] as const
  const text = await kmip.text(messageOf('2.1', [log], header))
  const [, request] = /<ServerCorrelationValue type="TextString" value="([^"]+)"/.exec(text) ?? []
  t.match(text, /<ClientCorrelationValue type="TextString" value="mine"\/>/)
  const { records } = await (await face.keyManager.as('admin')).audit({ operation: 'Log', limit: 1 })
  t.equal(records[0]?.request, request)
  t.notMatch(await kmip.text(messageOf('1.2', [['Query', '']])), /CorrelationValue/, 'older ones know none')
})
