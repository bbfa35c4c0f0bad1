/** One key on a token, through each face. */
import t from 'tap'
import { Ciphertrust } from '../70-faces/ciphertrust.js'
import { base64 } from '../70-faces/face.js'
import { attributesOf, id, KmipClient, value } from '../70-faces/kmip_client.js'
import { SoftHsm, softhsmIsThere } from '../support/softhsm.js'

t.test('a key on a token', { skip: !softhsmIsThere && 'softhsm2 is not installed' }, async (t) => {
  const hsm = await SoftHsm.start(t, 'one')
  const ct = await Ciphertrust.open(
    t,
    { '--faces-kmip': 'true' },
    { tokens: [hsm.token('one')], keyProvider: 'one' },
  )
  const { face } = ct
  const token = await ct.logIn('admin')
  const kmip = new KmipClient({ ask: (method, path, asking) => face.ask(method, path, { ...asking, token }) })
  const plaintext = base64('attack at dawn')

  const parameters = `<CryptographicParameters>${value('BlockCipherMode', 'Enumeration', 'GCM')}${value('RandomIV', 'Boolean', 'true')}${value('TagLength', 'Integer', '16')}</CryptographicParameters>`
  const attributes = [
    value('CryptographicAlgorithm', 'Enumeration', 'AES'),
    value('CryptographicLength', 'Integer', '256'),
    value('CryptographicUsageMask', 'Integer', 'Encrypt Decrypt'),
    value('ActivationDate', 'DateTime', '2020-01-01T00:00:00Z'),
    `<Name>${value('NameValue', 'TextString', 'shared')}${value('NameType', 'Enumeration', 'UninterpretedTextString')}</Name>`,
  ].join('')
  const created = await kmip.one(
    '2.1',
    'Create',
    `${value('ObjectType', 'Enumeration', 'SymmetricKey')}<Attributes>${attributes}</Attributes>`,
  )
  const object = created.field('UniqueIdentifier') ?? created.message

  await t.test('is made, told of and used over KMIP', async (t) => {
    t.match(attributesOf(await kmip.one('1.4', 'GetAttributes', id(object))), {
      Sensitive: ['true'],
      'Always Sensitive': ['true'],
      Extractable: ['false'],
      'Never Extractable': ['true'],
    })
    const told = await kmip.one('2.1', 'GetAttributes', id(object))
    t.match(told.field('ProtectionStorageMask'), /Hardware|2/)
    const sealed = await kmip.one(
      '1.4',
      'Encrypt',
      `${id(object)}${parameters}${value('Data', 'ByteString', Buffer.from('over kmip').toString('hex'))}`,
    )
    const opened = await kmip.one(
      '1.4',
      'Decrypt',
      `${id(object)}${parameters}${value('Data', 'ByteString', sealed.field('Data') ?? '')}${value('IVCounterNonce', 'ByteString', sealed.field('IVCounterNonce') ?? '')}${value('AuthenticatedEncryptionTag', 'ByteString', sealed.field('AuthenticatedEncryptionTag') ?? '')}`,
    )
    t.equal(Buffer.from(opened.field('Data') ?? '', 'hex').toString(), 'over kmip', opened.message)
    t.match(await kmip.one('1.4', 'Get', id(object)), { status: 'OperationFailed' }, 'and not given out')
  })

  await t.test('is used by CipherTrust’s API', async (t) => {
    const sealed = await ct.post('/crypto/encrypt', { id: 'shared', type: 'name', plaintext })
    t.match(sealed, { status: 200, json: { mode: 'gcm' } })
    t.match(await ct.post('/crypto/decrypt', sealed.json), { status: 200, json: { plaintext } })
  })

  await t.test('is used by the REST API, which tells how its token does', async (t) => {
    const ask = (method: string, path: string, body?: object) =>
      ct.admin(method, path, { token, ...(body && { body }) })
    t.match(await ask('GET', '/keys/shared'), { status: 200, json: { id: object, provider: 'one' } })
    const sealed = await ask('POST', '/keys/shared/encrypt', { plaintext })
    t.match(await ask('POST', '/keys/shared/decrypt', { ciphertext: sealed.json.ciphertext }), {
      json: { plaintext },
    })
    t.match(await ask('GET', '/hsm/status'), {
      status: 200,
      json: [
        { name: 'one', up: true, milliseconds: Number, state: 'ready', label: 'one', code: null, stuck: 0 },
      ],
    })
    t.match(await ask('GET', '/hsm/tokens/one/keys'), {
      json: [{ id: object.replaceAll('-', ''), label: 'shared', kind: 'secret', type: 'AES', object }],
    })
    t.match(await ask('GET', '/hsm/tokens/two/keys'), { status: 400 })
    t.match(await ask('POST', '/keys', { algorithm: 'AES-XTS' }), {
      status: 400,
      json: { code: 'MORTISE_HSM_UNSUPPORTED' },
    })
    t.match(await ask('POST', '/keys', { algorithm: 'AES', provider: 'software' }), {
      json: { provider: 'software' },
    })
    await face.keyManager.ensurePrincipal({ name: 'nobody' })
    const other = await (await face.keyManager.as('nobody')).createToken()
    t.match(await face.admin('GET', '/hsm/status', { token: other.text }), { status: 403 })
  })

  await t.test('and counted', async (t) => {
    const { text } = await face.ask('GET', '/metrics', { token: null })
    t.match(text, /^mortise_hsm_state\{token="one",state="ready"\} 1$/m)
    t.match(text, /^mortise_hsm_jobs_total\{token="one"\} [1-9]/m)
    t.match(text, /^mortise_hsm_logins_total\{token="one"\} 1$/m)
    t.match(await face.ask('GET', '/health', { token: null }), {
      json: { dependencies: { hsm: [{ name: 'one', status: 'UP' }] } },
    })
  })
})
