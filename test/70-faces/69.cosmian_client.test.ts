/** Cosmian's JSON with its own JavaScript client, which was written for version 4; and what clients of today send. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { make, makeAuthority } from '../15-x509/authority.js'
import { type Client, type Library, library } from './cosmian_library.js'
import { Face } from './face.js'

const flags = { '--faces-kmip': 'true', '--faces-cosmian': 'true', '--limits-failures': '0' }
const face = await Face.open(t, { ...flags, '--kmip-cosmian4': 'true' })
const ann = await face.tokenOf('ann', ['Create'])
await (await face.keyManager.as('admin')).setPrincipal('ann', { permissions: ['Create', 'Import'] })
await face.tokenOf('bob', [])
await face.app.listen({ port: 0, host: '127.0.0.1' })
const { port } = face.app.server.address() as AddressInfo
const skip = !library && 'cloudproof_kms_js could not be had from npm'
const { KmsClient, EncryptionKeyInformation, KeyFormatType, KeyWrappingSpecification, WrappingMethod } =
  library ?? ({} as Library)
const client = library ? new KmsClient(`http://127.0.0.1:${port}`, ann) : ({} as Client)
const session = await face.keyManager.as('ann')

t.test('keys that are made', { skip }, async (t) => {
  t.ok(await client.up())
  const id = await client.createSymmetricKey(undefined, 256, [], ['red', 'blue'])
  t.equal((await session.get(id)).state, 'Active', 'at once')
  const bytes = (await client.retrieveSymmetricKey(id)).bytes()
  t.equal(bytes.length, 32)
  for (const keyFormatType of [undefined, KeyFormatType.Raw]) {
    const { value } = await client.getObject(id, keyFormatType === undefined ? {} : { keyFormatType })
    t.same(value.bytes(), bytes, 'in each form')
  }
  const aad = Buffer.from('to all')
  const sealed = await client.encrypt(id, Buffer.from('hello'), {
    authenticatedEncryptionAdditionalData: aad,
  })
  t.equal(sealed.ivCounterNonce.length, 12)
  const opened = await client.decrypt(id, sealed.data, {
    ivCounterNonce: sealed.ivCounterNonce,
    authenticatedEncryptionTag: sealed.authenticatedEncryptionTag,
    authenticatedEncryptionAdditionalData: aad,
  })
  t.equal(Buffer.from(opened).toString(), 'hello')

  t.same(await client.getUniqueIdentifiersByTags(['red']), [id])
  t.same(await client.getUniqueIdentifiersByTags(['blue', 'red', '_kk']), [id])
  t.same(await client.getUniqueIdentifiersByTags(['red', '_sk']), [])
  t.same(await client.getUniqueIdentifiersByTags(['green']), [])
  t.equal((await client.getObjectsByTags(['red'])).length, 1)

  await client.revokeSymmetricKey(id, 'done with')
  t.equal((await session.get(id)).state, 'Deactivated')
  await client.destroySymmetricKey(id)
  t.equal((await session.get(id)).state, 'Destroyed')
})

t.test('objects that are taken in, by chosen identifiers', { skip }, async (t) => {
  const [bytes, others] = [randomBytes(32), randomBytes(32)]
  const retrieved = async () => Buffer.from((await client.retrieveSymmetricKey('mine')).bytes())
  t.equal(await client.importSymmetricKey('mine', bytes), 'mine')
  t.same(await retrieved(), bytes)
  await t.rejects(client.importSymmetricKey('mine', others), /\(Import\): Non_Unique_Name_Attribute: /)
  t.same(await retrieved(), bytes, 'nothing is replaced unless it is asked for')
  t.equal(await client.importSymmetricKey('mine', others, true), 'mine')
  t.same(await retrieved(), others, 'replaced')

  const id = randomUUID()
  t.equal(await client.importSymmetricKey(id, bytes), id, 'in the form of those that the server gives out')
  t.same(Buffer.from((await client.retrieveSymmetricKey(id)).bytes()), bytes)
  t.equal(await client.importSymmetricKey(id, others, true), id)
  t.same(Buffer.from((await client.retrieveSymmetricKey(id)).bytes()), others)
  await t.rejects(client.retrieveSymmetricKey(randomUUID()), /Object_Not_Found/)

  const { der } = make({ issuer: makeAuthority('root') })
  t.equal(await client.importCertificate('certificate', der, ['red']), 'certificate')
  t.same(await client.getUniqueIdentifiersByTags(['red', '_cert']), [(await session.get('certificate')).id])
  const { type, value } = await client.getObject('certificate')
  t.equal(type, 'Certificate')
  t.same(Buffer.from(value.certificateValue), Buffer.from(der))

  const { privateKey } = await session.createKeyPair({
    algorithm: 'EC',
    private: { extractable: true, sensitive: false },
  })
  const { material } = await session.export(privateKey.id)
  await client.importPrivateKey('private', material, ['red'], false, { keyFormatType: KeyFormatType.PKCS8 })
  const { value: key } = await client.getObject('private')
  t.same(Buffer.from(key.bytes()), material)
})

t.test('a key that is given out wrapped', { skip }, async (t) => {
  const { id } = await session.createKey({ algorithm: 'AES', usage: ['WrapKey', 'UnwrapKey'] })
  const bytes = randomBytes(32)
  await client.importSymmetricKey('wrapped', bytes)
  const { value } = await client.getObject('wrapped', {
    keyWrappingSpecification: new KeyWrappingSpecification(
      WrappingMethod.Encrypt,
      new EncryptionKeyInformation(id),
    ),
  })
  const material = value.bytes()
  const again = await session.register({
    material,
    algorithm: 'AES',
    extractable: true,
    sensitive: false,
    wrapping: { key: id, method: 'AES-KW' },
  })
  t.same((await session.export(again.id)).material, bytes)
})

t.test('who may do what', { skip }, async (t) => {
  const id = await client.createSymmetricKey()
  const bob = new KmsClient(`http://127.0.0.1:${port}`, await face.tokenOf('bob', []))
  const get = ['get']
  await t.rejects(bob.getObject(id), /\(Get\): (Item|Object)_Not_Found: /)
  t.equal((await client.grantAccess(id, 'bob', get)).status, 200)
  t.equal((await bob.retrieveSymmetricKey(id)).bytes().length, 32)
  t.match(await (await client.listAccess(id)).json(), [{ user_id: 'bob' }])
  t.match(await (await bob.listObtainedObjects()).json(), [{ object_id: id, state: 'Active' }])
  t.ok(((await (await client.listOwnedObjects()).json()) as unknown[]).length > 3)
  await client.revokeAccess(id, 'bob', get)
  await t.rejects(bob.getObject(id), /KMIP request failed/)
})

t.test(
  'clients of today: no type of structures, tags as texts, and objects named by their tags',
  async (t) => {
    const today = await Face.open(t, flags)
    const ask = async (tag: string, value: object[]) => {
      const { status, text, json } = await today.ask('POST', '/kmip/2_1', { body: { tag, value } })
      return { status, text, json: json?.value as { tag: string; type: string; value: unknown }[] }
    }
    const text = (tag: string, value: string) => ({ tag, type: 'TextString', value })
    const tags = (...list: string[]) => ({
      tag: 'Attribute',
      value: [
        text('VendorIdentification', 'cosmian'),
        text('AttributeName', 'tag'),
        text('AttributeValue', JSON.stringify(list)),
      ],
    })
    const aes = [
      { tag: 'CryptographicAlgorithm', type: 'Enumeration', value: 'AES' },
      { tag: 'CryptographicLength', type: 'Integer', value: 256 },
      { tag: 'CryptographicUsageMask', type: 'Integer', value: 12 },
    ]
    const type = { tag: 'ObjectType', type: 'Enumeration', value: 'SymmetricKey' }
    const made = await ask('Create', [type, { tag: 'Attributes', value: [...aes, tags('red', 'blue')] }])
    const id = String(made.json.find(({ tag }) => tag === 'UniqueIdentifier')?.value)
    await ask('Create', [type, { tag: 'Attributes', value: [...aes, tags('blue')] }])
    t.match(await ask('Locate', [{ tag: 'Attributes', value: [tags('red')] }]), {
      json: [{ tag: 'UniqueIdentifier', type: 'TextString', value: id }],
    })
    const { text: told } = await ask('GetAttributes', [text('UniqueIdentifier', id)])
    t.match(told, /"AttributeName","type":"TextString","value":"tag"/)
    t.match(told, '"AttributeValue","type":"TextString","value":"[\\"red\\",\\"blue\\",\\"_kk\\"]"')
    t.match(await ask('Activate', [text('UniqueIdentifier', '["red","_kk"]')]), {
      status: 200,
      json: [{ value: id }],
    })
    const sealed = await ask('Encrypt', [
      text('UniqueIdentifier', '["red"]'),
      { tag: 'Data', type: 'ByteString', value: 'AB' },
    ])
    t.match(
      sealed.json.map(({ tag }) => tag),
      ['UniqueIdentifier', 'Data', 'IVCounterNonce', 'AuthenticatedEncryptionTag'],
    )
    for (const [what, named] of [
      ['several objects', '["blue"]'],
      ['none', '["green"]'],
    ] as const)
      t.match(
        await ask('Get', [text('UniqueIdentifier', named)]),
        { status: 422, text: /^Object_Not_Found: / },
        what,
      )
    const pair = await ask('CreateKeyPair', [
      {
        tag: 'CommonAttributes',
        value: [
          { tag: 'CryptographicAlgorithm', type: 'Enumeration', value: 'RSA' },
          { tag: 'CryptographicLength', type: 'Integer', value: 2048 },
          { tag: 'ActivationDate', type: 'DateTime', value: '2026-01-01T00:00:00Z' },
        ],
      },
    ])
    const [privateId = '', publicId = ''] = pair.json.map(({ value }) => String(value))
    const pkcs8 = { tag: 'KeyFormatType', type: 'Enumeration', value: 'PKCS8' }
    const shown = await ask('Get', [text('UniqueIdentifier', publicId), pkcs8])
    t.match(
      shown.text,
      /"KeyFormatType","type":"Enumeration","value":"PKCS_8".*"ByteString","value":"30820122/,
    )
    const along = { tag: 'Cascade', type: 'Boolean', value: true }
    const because = text('RevocationReason', 'done with')
    const its = text('UniqueIdentifier', privateId)
    t.equal((await ask('Revoke', [its, because, along])).status, 200)
    t.equal((await ask('Destroy', [its, along, { tag: 'Remove', type: 'Boolean', value: true }])).status, 200)
    const todays = await today.keyManager.as('admin')
    for (const one of [privateId, publicId]) t.equal((await todays.get(one)).state, 'Destroyed')
    t.match(await ask('Get', [text('UniqueIdentifier', 'hsm::softhsm2::1::key')]), {
      status: 422,
      text: /^Feature_Not_Supported: keys in HSMs are not served/,
    })
  },
)
