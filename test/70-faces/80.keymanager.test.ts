/** MOSIP's Keymanager as the module g2p_encryption_keymanager of OpenSPP calls it. */
import {
  constants,
  createCipheriv,
  createHash,
  createPublicKey,
  publicEncrypt,
  randomBytes,
  X509Certificate,
} from 'node:crypto'
import { compactVerify, generateKeyPair, importX509, SignJWT } from 'jose'
import t from 'tap'
import { day, TestClock } from '../support/clock.js'
import { Face } from './face.js'
import { b64, fromB64, KeymanagerClient, timeStamp, wrapped } from './keymanager.js'

const clock = new TestClock()
const face = await Face.open(t, { '--faces-keymanager': 'true', '--limits-failures': '0' }, { clock })
const client = await KeymanagerClient.on(face, ['REGISTRATION', 'ID_REPO'])
const openspp = client.token
const stranger = await face.tokenOf('stranger')
const ask = client.ask.bind(client)
const answered = client.answered.bind(client)
const refused = client.refused.bind(client)
const certificatesOf = client.certificatesOf.bind(client)
const now = timeStamp
const bytes = fromB64

/** One provider row: both are made once, 32 random bytes each. */
const salt = b64(randomBytes(32))
const aad = b64(randomBytes(32))
const fields = { applicationId: 'REGISTRATION', referenceId: 'ENCRYPT', timeStamp: now }
const record = JSON.stringify({ national_id: '123-45', phone: '+977 1 4200000' })

const splitter = Buffer.from('#KEY_SPLITTER#')
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }

/** The envelope as its description has it, by other hands. */
function sealed(
  pem: string,
  plaintext: string,
  iv: Buffer,
  aad: Buffer,
  marks: Buffer[] = [],
  inner: Buffer[] = [],
  behind: Buffer[] = [],
) {
  const key = randomBytes(32)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(aad)
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  const encrypted = publicEncrypt({ key: createPublicKey(pem), ...oaep }, key)
  return Buffer.concat([...marks, encrypted, splitter, ...inner, ciphertext, ...behind])
}
const thumbprint = (pem: string) => createHash('sha256').update(new X509Certificate(pem).raw).digest()

t.test('who comes in', async (t) => {
  const path = '/v1/keymanager/getAllCertificates?applicationId=REGISTRATION'
  const cookie = (value: string) => ({ token: null, headers: { cookie: value } })
  for (const asking of [
    cookie(`Authorization=${openspp}`),
    cookie(`a=b; XAuthorizationX=${openspp}`),
    cookie(`Authorization=x; Authorization=${openspp}`),
    { token: openspp },
    { token: 'wrong', headers: { cookie: `Authorization=${openspp}` } },
  ])
    t.match(await face.ask('GET', path, asking), { status: 200, json: { errors: null, id: null } })
  for (const asking of [{ token: null }, cookie('Authorization=None'), { token: 'wrong' }]) {
    const { status, json } = await face.ask('GET', path, asking)
    t.match(
      [status, json],
      [401, { response: null, errors: [{ errorCode: 'KER-ATH-401', message: 'Authentication Failed' }] }],
    )
  }
  for (const [path, request] of [
    ['/encrypt', { ...fields, data: b64('x') }],
    ['/decrypt', { ...fields, data: b64('x') }],
    ['/jwtSign', { applicationId: 'ID_REPO', dataToSign: b64('{}') }],
    ['/jwtSign', { applicationId: 'UNKNOWN', dataToSign: b64('{}') }],
    ['/generateMasterKey/CERTIFICATE', { applicationId: 'KERNEL' }],
  ] as const)
    t.match(await ask('POST', path, request, stranger), {
      status: 403,
      json: { response: null, errors: [{ errorCode: 'KER-ATH-403', message: 'Forbidden' }] },
    })
  t.match(await face.ask('POST', '//v1/keymanager//encrypt', { token: openspp, body: {} }), {
    status: 200,
    json: { errors: [{ errorCode: 'KER-KMS-005' }] },
  })
})

t.test('every call is for those who are let in', async (t) => {
  const open = /\/(actuator\/health|v3\/api-docs)$/
  const calls = face.routes.filter((route) => route.includes(' /v1/keymanager/') && !open.test(route))
  t.ok(calls.length > 20)
  const everything = [
    ...['applicationId', 'referenceId', 'timeStamp', 'data', 'dataToSign', 'jwtSignatureData'],
    ...['signature', 'timestamp', 'certificateData', 'encData', 'userPin', 'inputData'],
    ...['partnerDomain', 'organizationName', 'id', 'value', 'serverProfile', 'tspId', 'licenseKey'],
  ]
  for (const route of calls) {
    const [method = '', path = ''] = route.split(' ')
    const names = method === 'GET' ? `?applicationId=ROOT` : ''
    const body =
      method === 'GET'
        ? undefined
        : wrapped({
            ...Object.fromEntries(everything.map((name) => [name, 'ROOT'])),
            ...{ partnerDomain: 'AUTH', licenseExpiryTime: '2040-01-01', zkEncryptedDataList: [] },
            ...{ zkDataAttributes: [{ identifier: 'x', value: 'ROOT' }], publicKey: 'ROOT' },
          })
    const called = path.replace(':objectType', 'CSR') + names
    const { status } = await face.ask(method, called, { token: 'wrong', ...(body && { body }) })
    t.equal(status, 401, route)
    const { json } = await face.ask(method, called, { token: stranger, ...(body && { body }) })
    // What needs no key is for everybody who comes in.
    if (!/Pin$|Argon2Hash$|\/jwtEncrypt$|\/verifyCertificateTrust$|\/csverifysign$|\/tpmencrypt$/.test(path))
      t.equal(json.response, null, `${route}: no right`)
  }
})

t.test('the module encrypts and decrypts', async (t) => {
  const { status, json } = await ask('POST', '/encrypt', { ...fields, data: b64(record), salt, aad })
  t.match(
    [status, json],
    [200, { id: 'string', version: 'string', metadata: null, errors: null, response: { data: /^[\w-]+$/ } }],
  )
  t.match(json.responsetime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  const { data } = json.response
  const opened = await answered('/decrypt', { ...fields, data, salt, aad })
  t.equal(bytes(opened.data).toString(), record)
  t.notMatch(await answered('/encrypt', { ...fields, data: b64(record), salt, aad }), { data })
})

t.test('envelopes are those of the description', async (t) => {
  const [{ certificateData: pem = '' } = {}] = await certificatesOf('REGISTRATION', 'ENCRYPT')
  const print = thumbprint(pem)
  for (const [name, options, envelope, iv] of [
    ['a salt of 32', { salt, aad }, () => sealed(pem, record, bytes(salt), bytes(aad), [print]), 32],
    [
      'a salt of 1, no aad',
      { salt: 'AA' },
      () => sealed(pem, record, bytes('AA'), Buffer.alloc(0), [print]),
      1,
    ],
    [
      'a salt of 12',
      { salt: b64('twelve bytes'), aad },
      () => sealed(pem, record, Buffer.from('twelve bytes'), bytes(aad), [print]),
      12,
    ],
    [
      'aad alone',
      { aad },
      () => {
        const iv = randomBytes(16)
        return sealed(pem, record, iv, bytes(aad), [print], [], [iv])
      },
      0,
    ],
    [
      'neither',
      {},
      () => {
        const own = randomBytes(32)
        return sealed(pem, record, own.subarray(0, 12), own, [Buffer.from('VER_R2'), print], [own])
      },
      0,
    ],
    ['no thumbprint, a salt', { salt, aad }, () => sealed(pem, record, bytes(salt), bytes(aad)), 32],
    [
      'no thumbprint, no salt',
      {},
      () => {
        const iv = randomBytes(16)
        return sealed(pem, record, iv, Buffer.alloc(0), [], [], [iv])
      },
      0,
    ],
  ] as const) {
    const theirs = envelope()
    const opened = await answered('/decrypt', { ...fields, ...options, data: b64(theirs) })
    t.equal(bytes(opened.data).toString(), record, `${name}: theirs opens here`)
    if (name.startsWith('no thumbprint')) continue
    const ours = bytes((await answered('/encrypt', { ...fields, ...options, data: b64(record) })).data)
    t.equal(ours.length, theirs.length, `${name}: ours is as long, salt ${iv}`)
    const begin = 'salt' in options || 'aad' in options ? 0 : 6
    t.same(ours.subarray(0, begin + 32), theirs.subarray(0, begin + 32))
    t.same(ours.subarray(begin + 288, begin + 302), splitter)
  }
  const padded = Buffer.from(record).toString('base64')
  const { data } = await answered('/encrypt', { ...fields, data: padded, salt, aad })
  t.ok(data, 'standard base64 is taken as well')
})

t.test('what does not open says one thing', async (t) => {
  const { data } = await answered('/encrypt', { ...fields, data: b64('secret'), salt, aad })
  const whole = bytes(data)
  const asked = (envelope: Buffer, more = {}) =>
    ask('POST', '/decrypt', { ...fields, salt, aad, ...more, data: b64(envelope) })
  const texts = new Set<string>()
  await Promise.all(
    Array.from(whole, async (_, at) => {
      const forged = Buffer.from(whole)
      forged[at] = (forged[at] ?? 0) ^ 1
      const { status, json } = await asked(forged)
      t.match([status, json.response], [200, null])
      const expected = at < 32 ? 'KER-KMS-025' : at >= 288 && at < 302 ? 'KER-CRY-003' : 'KER-FSE-004'
      t.equal(json.errors[0].errorCode, expected, `byte ${at}`)
      if (expected === 'KER-FSE-004') texts.add(json.errors[0].message)
    }),
  )
  t.equal(texts.size, 1)
  for (const more of [{ salt: b64('x') }, { aad: b64('x') }, { salt: undefined }, { aad: undefined }])
    t.match((await asked(whole, more)).json, { response: null, errors: [{ errorCode: 'KER-FSE-004' }] })
  for (const more of [{ referenceId: 'OTHER' }, { applicationId: 'ID_REPO' }]) {
    // Asked again, for nothing must be remembered of a reference that was wrong.
    for (const _ of [1, 2])
      t.match((await asked(whole, more)).json, { response: null, errors: [{ errorCode: 'KER-KMS-024' }] })
    t.match((await asked(whole)).json, { errors: null }, 'the right one still opens')
  }
})

t.test('refusals', async (t) => {
  for (const [path, request, code] of [
    ['/encrypt', { ...fields, data: b64('x'), applicationId: 'UNKNOWN' }, 'KER-KMS-002'],
    ['/encrypt', { ...fields, data: b64('x'), applicationId: 'RESIDENT' }, 'KER-KMS-012'],
    ['/encrypt', { ...fields, data: b64('x'), referenceId: '' }, 'KER-CRY-011'],
    ['/encrypt', { ...fields, data: b64('x'), referenceId: null }, 'KER-CRY-011'],
    ['/encrypt', { ...fields, data: '*' }, 'KER-KMS-005'],
    ['/encrypt', { ...fields, data: b64('x'), salt: '' }, 'KER-KMS-005'],
    ['/encrypt', { ...fields, data: b64('x'), salt: b64('x'.repeat(129)) }, 'KER-KMS-005'],
    ['/decrypt', { ...fields, data: b64('x'), applicationId: 'UNKNOWN' }, 'KER-CRY-012'],
    ['/decrypt', { ...fields, data: b64('x') }, 'KER-CRY-003'],
    ['/jwtSign', { applicationId: 'UNKNOWN', dataToSign: b64('{}') }, 'KER-JWS-108'],
    [
      '/jwtSign',
      { applicationId: 'REGISTRATION', referenceId: 'ENCRYPT', dataToSign: b64('{}') },
      'KER-KMS-020',
    ],
    ['/jwtSign', { applicationId: 'ROOT', dataToSign: b64('{}') }, 'KER-KMS-020'],
    ['/jwtSign', { applicationId: 'ID_REPO', dataToSign: b64('no json') }, 'KER-JWS-103'],
    [
      '/jwtVerify',
      { applicationId: 'UNKNOWN', jwtSignatureData: `${b64('{"alg":"RS256"}')}..AA` },
      'KER-KMS-002',
    ],
    ['/jwtVerify', { applicationId: 'ID_REPO', jwtSignatureData: 'a.b' }, 'KER-JWS-105'],
    ['/jwtVerify', { applicationId: 'ID_REPO', jwtSignatureData: 'AA..AA' }, 'KER-JWS-106'],
  ] as const)
    t.same(await refused(path, request), [200, null, code], `${path} ${JSON.stringify(request)}`)
  const { json } = await ask('POST', '/encrypt', { applicationId: 'REGISTRATION' })
  t.same(json.errors, [
    { errorCode: 'KER-KMS-005', message: 'request.timeStamp should not be null or empty' },
    { errorCode: 'KER-KMS-005', message: 'request.data should not be null or empty' },
  ])
  t.match(await face.ask('POST', '/v1/keymanager/encrypt', { token: openspp, body: '{' }), {
    status: 200,
    json: { id: null, response: null, errors: [{ errorCode: 'KER-KMS-005' }] },
  })
  t.match((await ask('GET', '/getAllCertificates')).json, { errors: [{ errorCode: 'KER-KMS-005' }] })
  t.same(await certificatesOf('UNKNOWN'), [])
})

const signing = { applicationId: 'ID_REPO', referenceId: '' }
/** The flags that the module always passes. */
const flags = { includePayload: true, includeCertificate: false, includeCertHash: false }
/** As Python writes it. */
const claims = '{"sub": "ana", "note": "\\u00e9"}'
const sign = async (more = {}) =>
  (await answered('/jwtSign', { dataToSign: b64(claims), ...signing, ...flags, ...more }))
    .jwtSignedData as string
const verify = (jwtSignatureData: string, more = {}) =>
  answered('/jwtVerify', { jwtSignatureData, ...signing, validateTrust: false, ...more })

t.test('the module signs and verifies', async (t) => {
  const jwt = await sign()
  const [{ certificateData = '', keyId = '' } = {}] = await certificatesOf('ID_REPO')
  const { payload, protectedHeader } = await compactVerify(jwt, await importX509(certificateData, 'RS256'))
  t.equal(Buffer.from(payload).toString(), claims, 'byte for byte')
  t.same(protectedHeader, { kid: keyId, alg: 'RS256' })
  t.equal(keyId.length, 43)
  t.same(await verify(jwt), {
    ...{ signatureValid: true, message: 'Validation Successful', trustValid: 'TRUST_NOT_VERIFIED' },
  })
  t.match(await verify(jwt, { validateTrust: true }), { trustValid: 'TRUST_NOT_VERIFIED_NO_DOMAIN' })
  t.match(await verify(jwt, { validateTrust: true, domain: 'AUTH' }), { trustValid: 'TRUST_CERT_PATH_VALID' })
  const detached = await sign({ includePayload: false, includeCertificate: true, includeCertHash: true })
  const [header = '', middle] = detached.split('.')
  t.equal(middle, '')
  const der = new X509Certificate(certificateData).raw
  t.match(JSON.parse(bytes(header).toString()), {
    x5c: [der.toString('base64')],
    'x5t#S256': createHash('sha256').update(der).digest('base64url'),
  })
  t.match(await verify(detached, { actualData: b64(claims), certificateData: '', domain: 'AUTH' }), {
    signatureValid: true,
  })
  t.match(await verify(detached), { signatureValid: false, message: 'Validation Failed' })
  t.match(await verify(detached, { actualData: b64('{}') }), { signatureValid: false })
  const [first, second, third = ''] = jwt.split('.')
  const forged = bytes(third)
  forged[0] = (forged[0] ?? 0) ^ 1
  t.match(await verify([first, second, b64(forged)].join('.')), { signatureValid: false })
})

t.test('a stranger’s certificate in the header says nothing', async (t) => {
  const own = await sign({ includeCertificate: true })
  const header = JSON.parse(bytes(own.split('.')[0] ?? '').toString())
  const { privateKey } = await generateKeyPair('RS256')
  const theirs = (more: object) =>
    new SignJWT({ sub: 'eve' }).setProtectedHeader({ alg: 'RS256', ...more }).sign(privateKey)
  // Self-signed by the stranger, with a hash that is ours: nothing of it is remembered.
  const selfSigned = [Buffer.from('stranger').toString('base64')]
  for (const more of [
    {},
    { x5c: selfSigned },
    { x5c: selfSigned, 'x5t#S256': createHash('sha256').update(bytes(header.x5c[0])).digest('base64url') },
    { x5c: header.x5c },
    { kid: header.kid },
    { jwk: { kty: 'RSA' } },
  ])
    t.match(await verify(await theirs(more)), { signatureValid: false }, JSON.stringify(Object.keys(more)))
  t.match(await verify(own), { signatureValid: true })
  const [, payload] = own.split('.')
  for (const alg of ['none', 'HS256', 'ES256', 'PS256', 'RS512']) {
    const head = b64(JSON.stringify({ alg }))
    const { signature } = { signature: own.split('.')[2] }
    t.match(await verify(`${head}.${payload}.${signature}`), { signatureValid: false }, alg)
  }
})

t.test('fifty callers at once, to a key that is not there yet', async (t) => {
  const all = await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      const name = { ...fields, referenceId: 'MANY' }
      const { data } = await answered('/encrypt', { ...name, data: b64(`record ${i}`), salt, aad })
      return bytes((await answered('/decrypt', { ...name, data, salt, aad })).data).toString()
    }),
  )
  t.same(
    all,
    Array.from({ length: 50 }, (_, i) => `record ${i}`),
  )
  t.equal((await certificatesOf('REGISTRATION', 'MANY')).length, 1)
})

t.test('rotation', async (t) => {
  const { data } = await answered('/encrypt', { ...fields, data: b64(record), salt, aad })
  const jwt = await sign()
  const before = await certificatesOf('REGISTRATION', 'ENCRYPT')
  clock.set((1095 - 30) * day + 1)
  const again = await answered('/encrypt', { ...fields, data: b64(record), salt, aad })
  const after = await certificatesOf('REGISTRATION', 'ENCRYPT')
  t.same([after.length, after[0]], [before.length + 1, before[0]], 'the oldest first')
  t.equal((await certificatesOf('REGISTRATION')).length, 2, 'the module key was due before')
  for (const one of [data, again.data])
    t.equal(bytes((await answered('/decrypt', { ...fields, data: one, salt, aad })).data).toString(), record)
  const next = await sign()
  const kid = (token: string) => JSON.parse(bytes(token.split('.')[0] ?? '').toString()).kid
  t.same(
    (await certificatesOf('ID_REPO')).map(({ keyId }) => keyId),
    [kid(jwt), kid(next)],
  )
  for (const token of [jwt, next]) t.match(await verify(token), { signatureValid: true })
  const [, newer = ''] = after.map(({ certificateData }) => certificateData)
  const [, module = ''] = (await certificatesOf('REGISTRATION')).map(({ certificateData }) => certificateData)
  const [root = ''] = (await certificatesOf('ROOT')).map(({ certificateData }) => certificateData)
  const x509 = (pem: string) => new X509Certificate(pem)
  t.ok(x509(newer).verify(x509(module).publicKey) && x509(module).verify(x509(root).publicKey))
  // Same day, by force and by revocation: there is no name that could collide.
  t.match(await ask('POST', '/generateMasterKey/certificate', { applicationId: 'ID_REPO', force: true }), {
    json: { errors: null },
  })
  t.match((await ask('PUT', '/revokeKey', { applicationId: 'REGISTRATION', referenceId: 'ENCRYPT' })).json, {
    response: { status: 'Key Revoked' },
  })
  const third = await answered('/encrypt', { ...fields, data: b64(record), salt, aad })
  t.equal((await certificatesOf('REGISTRATION', 'ENCRYPT')).length, 3)
  for (const one of [data, again.data, third.data])
    t.equal(bytes((await answered('/decrypt', { ...fields, data: one, salt, aad })).data).toString(), record)
})
