/** Objects that only KMIP has: templates of 1.x and PGP keys. */
import { createHash, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { Face } from './face.js'
import { attributesOf, id, KmipClient, value } from './kmip_client.js'

const face = await Face.open(t, { '--faces-kmip': 'true' })
const kmip = new KmipClient(face)

const attribute = (name: string, type: string, text: string) =>
  `<Attribute>${value('AttributeName', 'TextString', name)}${value('AttributeValue', type, text)}</Attribute>`
const nameOf = (text: string) =>
  `${value('NameValue', 'TextString', text)}${value('NameType', 'Enumeration', 'UninterpretedTextString')}`
const named = (text: string) =>
  `<Attribute>${value('AttributeName', 'TextString', 'Name')}<AttributeValue>${nameOf(text)}</AttributeValue></Attribute>`
const keyOf = (length: string) =>
  [
    attribute('Cryptographic Algorithm', 'Enumeration', 'AES'),
    attribute('Cryptographic Length', 'Integer', length),
    attribute('Cryptographic Usage Mask', 'Integer', 'Encrypt Decrypt'),
  ].join('')

async function template(name: string, inside: string): Promise<string> {
  const answer = await kmip.one(
    '1.2',
    'Register',
    `${value('ObjectType', 'Enumeration', 'Template')}<TemplateAttribute/><Template>${named(name)}${inside}</Template>`,
  )
  return answer.field('UniqueIdentifier') ?? answer.message
}

const create = (templates: readonly string[], own = '') =>
  kmip.one(
    '1.2',
    'Create',
    `${value('ObjectType', 'Enumeration', 'SymmetricKey')}<TemplateAttribute>${templates.map((name) => `<Name>${nameOf(name)}</Name>`).join('')}${own}</TemplateAttribute>`,
  )

t.test('a template is registered, found, got, used and destroyed', async (t) => {
  const group = attribute('Object Group', 'TextString', 'from the template')
  const custom = attribute('x-purpose', 'TextString', 'test')
  const inside = `${keyOf('256')}${group}${custom}`
  const object = await template('usual', inside)
  const located = await kmip.one(
    '1.2',
    'Locate',
    `${named('usual')}${attribute('Object Type', 'Enumeration', 'Template')}`,
  )
  t.equal(located.field('UniqueIdentifier'), object)
  const got = await kmip.one('1.2', 'Get', id(object))
  t.equal(got.field('ObjectType'), 'Template')
  t.same(got.fields('AttributeName'), [
    'Name',
    'Cryptographic Algorithm',
    'Cryptographic Length',
    'Cryptographic Usage Mask',
    'Object Group',
    'x-purpose',
  ])
  t.match(attributesOf(await kmip.one('1.2', 'GetAttributes', id(object))), {
    'Cryptographic Length': ['256'],
    'Object Group': ['from the template'],
    'x-purpose': ['test'],
  })
  const made = await create(['usual'], attribute('Cryptographic Length', 'Integer', '128'))
  const key = made.field('UniqueIdentifier') ?? made.message
  t.match(attributesOf(await kmip.one('1.2', 'GetAttributes', id(key))), {
    'Cryptographic Length': ['128'],
    'Object Group': ['from the template'],
    'x-purpose': ['test'],
  })
  t.notOk('Name' in attributesOf(await kmip.one('1.2', 'GetAttributes', id(key))))
  const pair = await kmip.one(
    '1.2',
    'CreateKeyPair',
    `<CommonTemplateAttribute><Name>${nameOf(await named256())}</Name></CommonTemplateAttribute>`,
  )
  t.equal(pair.status, 'Success', pair.message)
  t.equal((await kmip.one('1.2', 'Destroy', id(object))).status, 'Success')
  t.equal((await create(['usual'])).reason, 'ItemNotFound')
})

async function named256(): Promise<string> {
  await template(
    'of pairs',
    `${attribute('Cryptographic Algorithm', 'Enumeration', 'EC')}${attribute('Cryptographic Length', 'Integer', '256')}`,
  )
  return 'of pairs'
}

t.test('the first template that says it goes first, and what is no template is none', async (t) => {
  await template('first', keyOf('192'))
  await template('second', keyOf('128'))
  const made = await create(['first', 'second'])
  t.same(
    attributesOf(await kmip.one('1.2', 'GetAttributes', id(made.field('UniqueIdentifier') ?? made.message)))[
      'Cryptographic Length'
    ],
    ['192'],
  )
  const key = await create(['first'], named('a key'))
  t.equal(key.status, 'Success')
  t.equal((await create(['a key'])).reason, 'ItemNotFound')
  const eve = await face.tokenOf('eve', ['Create'])
  const hidden = await kmip.one(
    '1.2',
    'Create',
    `${value('ObjectType', 'Enumeration', 'SymmetricKey')}<TemplateAttribute><Name>${nameOf('first')}</Name></TemplateAttribute>`,
    { token: eve },
  )
  t.equal(hidden.reason, 'ItemNotFound', 'who may not get a template does not use it')
})

t.test('2.x has no templates', async (t) => {
  const object = await template('old', keyOf('128'))
  t.equal((await kmip.one('2.1', 'Get', id(object))).reason, 'InvalidObjectType')
  const registered = await kmip.one(
    '2.1',
    'Register',
    `${value('ObjectType', 'Enumeration', '0x00000006')}<Attributes/>`,
  )
  t.equal(registered.reason, 'InvalidField')
})

t.test('a PGP key is kept and given back', async (t) => {
  const material = Buffer.from('-----BEGIN PGP PUBLIC KEY BLOCK-----').toString('hex').toUpperCase()
  const block = `<PGPKey>${value('PGPKeyVersion', 'Integer', '4')}<KeyBlock>${value('KeyFormatType', 'Enumeration', 'Raw')}<KeyValue>${value('KeyMaterial', 'ByteString', material)}</KeyValue>${value('CryptographicAlgorithm', 'Enumeration', 'RSA')}${value('CryptographicLength', 'Integer', '2048')}</KeyBlock></PGPKey>`
  const made = await kmip.one(
    '1.2',
    'Register',
    `${value('ObjectType', 'Enumeration', 'PGPKey')}<TemplateAttribute/>${block}`,
  )
  const object = made.field('UniqueIdentifier') ?? made.message
  const got = await kmip.one('2.1', 'Get', id(object))
  t.same(
    ['ObjectType', 'PGPKeyVersion', 'KeyMaterial', 'CryptographicAlgorithm', 'CryptographicLength'].map(
      (name) => got.field(name),
    ),
    ['PGPKey', '4', material, 'RSA', '2048'],
  )
  t.equal(
    (
      await kmip.one(
        '1.1',
        'Register',
        `${value('ObjectType', 'Enumeration', 'PGPKey')}<TemplateAttribute/>${block}`,
      )
    ).reason,
    'InvalidField',
    'since 1.2',
  )
  t.equal(
    (await kmip.one('2.1', 'Encrypt', `${id(object)}${value('Data', 'ByteString', '00')}`)).status,
    'OperationFailed',
  )
})

/** TTLV of an item in hexadecimal: its tag's last byte, its type and its value, which is filled up behind. */
function item(tag: string, type: string, hex: string): string {
  const length = (hex.length / 2).toString(16).padStart(8, '0')
  return `4200${tag}${type}${length}${hex.padEnd(Math.ceil(hex.length / 16) * 16, '0')}`
}

const register = async (type: string, block: string) => {
  const answer = await kmip.one(
    '1.4',
    'Register',
    `${value('ObjectType', 'Enumeration', type)}<TemplateAttribute>${attribute('Cryptographic Usage Mask', 'Integer', type === 'PublicKey' ? 'Verify' : 'Sign')}</TemplateAttribute><${type}><KeyBlock>${block}</KeyBlock></${type}>`,
  )
  return answer.field('UniqueIdentifier') ?? answer.message
}

t.test('the digest of a transparent key is of its Key Material in TTLV', async (t) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { d = '', x = '', y = '' } = privateKey.export({ format: 'jwk' })
  const hex = (text: string) => Buffer.from(text, 'base64url').toString('hex')
  const number = /^[89a-f]/.test(hex(d)) ? `${'00'.repeat(8)}${hex(d)}` : hex(d)
  const point = `04${hex(x)}${hex(y)}`
  const curve = value('RecommendedCurve', 'Enumeration', 'P_256')
  const of = (material: string) =>
    `<KeyValue><KeyMaterial>${curve}${material}</KeyMaterial></KeyValue>${value('CryptographicAlgorithm', 'Enumeration', 'EC')}${value('CryptographicLength', 'Integer', '256')}`
  for (const [type, format, material, bytes] of [
    ['PrivateKey', 'TransparentECPrivateKey', value('D', 'BigInteger', number), item('2e', '04', number)],
    ['PublicKey', 'TransparentECPublicKey', value('QString', 'ByteString', point), item('72', '08', point)],
  ] as const) {
    const key = await register(type, `${value('KeyFormatType', 'Enumeration', format)}${of(material)}`)
    const answer = await kmip.one(
      '1.4',
      'GetAttributes',
      `${id(key)}${value('AttributeName', 'TextString', 'Digest')}`,
    )
    const inside = item('75', '05', '00000007') + bytes
    const digest = createHash('sha256')
      .update(Buffer.from(item('43', '01', inside), 'hex'))
      .digest('hex')
    t.equal(answer.field('DigestValue')?.toLowerCase(), digest, format)
    t.equal(answer.field('KeyFormatType'), format)
  }
})
