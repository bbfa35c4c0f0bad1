import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import t from 'tap'
import type { ObjectInfo } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'

t.test('secret data and opaque objects are kept as keys are, and given back', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  for (const [type, size] of [
    ['SecretData', 1],
    ['SecretData', 96],
    ['OpaqueObject', 65_536],
  ] as const) {
    const material = randomBytes(size)
    const info = await ann.registerObject({ type, material, attributes: { ObjectGroup: 'vault' } })
    t.match(info, { type, state: 'Active', algorithm: '', usage: [], extractable: true })
    const again = await (await house.open()).as('ann')
    t.same((await again.export(info.id)).material, material, 'in another process')
    house.edit((database) => {
      const { material: stored } = database
        .prepare('SELECT material FROM objects WHERE id = ?')
        .get(info.id) as {
        material: Buffer
      }
      if (size > 8) t.notOk(stored.includes(material), 'sealed')
    })
  }
  t.equal((await ann.locate({ type: 'SecretData' })).items.length, 2)
  t.match(await ann.attributes((await ann.locate({ type: 'SecretData' })).items[0]?.id ?? ''), {
    SecretDataType: 'Password',
    ObjectGroup: ['vault'],
  })
})

t.test('they live as keys do, and do nothing that keys do', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  const { id } = await ann.registerObject({
    type: 'SecretData',
    secretDataType: 'Seed',
    material: randomBytes(32),
    name: 'seed',
    activate: false,
    usage: ['DeriveKey'],
  })
  t.match(await ann.activate(id), { state: 'Active', usage: ['DeriveKey'] })
  const usage = { code: 'MORTISE_KEY_USAGE' }
  await t.rejects(ann.encrypt(id, Buffer.from('x')), usage)
  await t.rejects(ann.sign(id, Buffer.from('x')), usage)
  await t.rejects(ann.rekey(id), { code: /MORTISE_(INPUT_INVALID|CRYPTO_UNSUPPORTED)/ })
  await ann.grant(id, { principal: 'bob' }, ['Get'])
  await t.rejects(bob.export(id), { code: 'MORTISE_ACCESS_DENIED' })
  await ann.setAttribute(id, 'Extractable', false)
  await t.rejects(ann.export(id), { code: 'MORTISE_KEY_NOT_EXTRACTABLE' })
  await ann.revoke(id)
  t.match(await ann.destroy(id), { state: 'Destroyed' })
  await t.rejects(ann.export(id), { code: 'MORTISE_KEY_STATE' })
})

/** Of the certificate below: DER, hexadecimal. */
const encodedName =
  '3039310b300906035504061302434831' +
  '10300e060355040a0c074578616d706c653118301606035504030c0f7777772e6578616d706c652e6f7267'

/** Self-signed, on P-256. */
const pem = Buffer.from(`-----BEGIN CERTIFICATE-----
MIIBujCCAWCgAwIBAgIFEjRWeJAwCgYIKoZIzj0EAwIwOTELMAkGA1UEBhMCQ0gx
EDAOBgNVBAoMB0V4YW1wbGUxGDAWBgNVBAMMD3d3dy5leGFtcGxlLm9yZzAgFw0y
NjExMjIwNDM0MDhaGA8yMTI2MTAyOTA0MzQwOFowOTELMAkGA1UEBhMCQ0gxEDAO
BgNVBAoMB0V4YW1wbGUxGDAWBgNVBAMMD3d3dy5leGFtcGxlLm9yZzBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABMLzACeHVYwYMVtqdQh1+EwD6L6yp8FrxN+jvFt6
Sq2dzCWVQ03SuQdJ+RrQEUul3QBVKIvTS6FbZgQyE2JtT1yjUzBRMB0GA1UdDgQW
BBQo/Eu4EQf6/HzSzR9QAynP3C3mlDAfBgNVHSMEGDAWgBQo/Eu4EQf6/HzSzR9Q
AynP3C3mlDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQD01Cnd
apRmgYqpHIS8wQeS+/uCY5q9td7gaDJ2eFbKJwIgNNERp06aQUZQMngmUOBYJa6g
w0m0mKojmJLi5Ax9gmI=
-----END CERTIFICATE-----
`)

t.test('a certificate is taken in as DER and as PEM, and found by what stands in it', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { raw } = new X509Certificate(pem)
  const digest = createHash('sha256').update(raw).digest('hex')
  const subject = 'C=CH, O=Example, CN=www.example.org'
  for (const [name, material] of Object.entries({ pem, der: raw })) {
    const info = await ann.registerObject({ type: 'Certificate', material, name })
    t.match(info, { type: 'Certificate', algorithm: 'EC', length: 256 })
    t.same(await ann.export(name), { format: 'x509', material: raw })
    t.match(await ann.attributes(name), {
      CertificateType: 'X_509',
      CertificateLength: raw.length,
      Digest: { hashingAlgorithm: 'SHA_256', value: digest },
      CertificateSubject: 'CN=www.example.org,O=Example,C=CH',
      CertificateIdentifier: { issuer: 'CN=www.example.org,O=Example,C=CH', serial: '1234567890' },
      CertificateIssuerO: ['Example'],
      CertificateSubjectCN: ['www.example.org'],
      DigitalSignatureAlgorithm: 'ECDSAWithSHA256',
      X_509CertificateSubject: { name: encodedName },
      X_509CertificateIdentifier: { issuer: encodedName, serial: '02051234567890' },
    })
  }
  for (const query of [
    { digest },
    ...[{ subject }, { issuer: subject }, { serial: '1234567890' }].map((certificate) => ({ certificate })),
  ])
    t.strictSame(
      (await ann.locate(query)).items.map(({ name }) => name),
      ['pem', 'der'],
      JSON.stringify(query),
    )
  t.strictSame((await ann.locate({ certificate: { subject: 'CN=www.example.org' } })).items, [])
})

t.test('what is none, or too large, is refused', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const type = 'SecretData'
  await t.rejects(ann.registerObject({ type, material: Buffer.alloc(0) }), { code: 'MORTISE_INPUT_INVALID' })
  await t.rejects(ann.registerObject({ type, material: Buffer.alloc(65_537) }), {
    code: 'MORTISE_INPUT_TOO_LARGE',
  })
  await t.rejects(ann.registerObject({ type: 'SymmetricKey' as 'SecretData', material: Buffer.alloc(32) }), {
    code: 'MORTISE_INPUT_INVALID',
  })
  for (const material of [
    Buffer.from('no certificate'),
    Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
  ])
    await t.rejects(ann.registerObject({ type: 'Certificate', material }), {
      code: 'MORTISE_CRYPTO_KEY_INVALID',
    })
})

t.test('what is secret has no digest', async (t) => {
  const ann = await (await KeyHouse.build(t)).as('ann')
  const key = await ann.createKey({ algorithm: 'AES', extractable: true })
  const pair = await ann.createKeyPair({ algorithm: 'EC' })
  const [share] = await ann.splitKey(key.id, { parts: 2 })
  const material = Buffer.from('1234')
  const secrets = [
    key,
    pair.privateKey,
    share as ObjectInfo,
    await ann.registerObject({ type: 'SecretData', material }),
    await ann.registerObject({ type: 'OpaqueObject', material }),
  ]
  for (const { id, type } of secrets) t.notOk((await ann.attributeNames(id)).includes('Digest'), type)
  t.ok((await ann.attributeNames(pair.publicKey.id)).includes('Digest'))
})
