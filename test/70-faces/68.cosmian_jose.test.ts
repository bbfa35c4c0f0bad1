/** Cosmian's JOSE interface, checked with the library jose in both directions. */
import { createHmac, createPublicKey } from 'node:crypto'
import {
  createLocalJWKSet,
  exportJWK,
  FlattenedEncrypt,
  FlattenedSign,
  flattenedDecrypt,
  flattenedVerify,
  generateKeyPair,
  generateSecret,
  importJWK,
} from 'jose'
import t from 'tap'
import { Face } from './face.js'

const face = await Face.open(t, { '--faces-cosmian': 'true', '--limits-failures': '0' })
// Whoever uses keys owns them: an administrator may not.
const ann = await face.tokenOf('ann', ['Create'])
const { permissions } = await (await face.keyManager.as('admin')).getPrincipal('ann')
await (await face.keyManager.as('admin')).setPrincipal('ann', { permissions: [...permissions, 'Import'] })

const call = (method: string, path: string, body?: object, token: string | null = ann) =>
  face.ask(method, `/v1/crypto${path}`, { token, ...(body && { body }) })
const post = async (path: string, body: object) => {
  const { status, text, json } = await call('POST', path, body)
  if (status >= 300) throw new Error(`${status} ${text}`)
  return json
}
const text = (value: string) => Buffer.from(value).toString('base64url')
const plain = (value: Uint8Array) => Buffer.from(value).toString()
const keySet = async () => (await face.ask('GET', '/.well-known/jwks.json', { token: null })).json
const hello = text('hello')

const signing = [
  { kty: 'EC', alg: 'ES256', crv: 'P-256' },
  { kty: 'EC', alg: 'ES384' },
  { kty: 'EC', alg: 'ES512' },
  { kty: 'OKP', alg: 'EdDSA', crv: 'Ed25519' },
  { kty: 'RSA', alg: 'RS256', bits: 2048 },
  { kty: 'RSA', alg: 'PS384', bits: 2048 },
]

t.test('signatures', async (t) => {
  const keys: { kid: string; kid_public: string }[] = []
  for (const asked of signing) keys.push(await post('/keys', asked))
  const all = createLocalJWKSet(await keySet())
  for (const [i, { alg, kty }] of signing.entries()) {
    const { kid, kid_public: publicKid, ...rest } = keys[i] ?? { kid: '', kid_public: '' }
    t.match(rest, { kty, alg, key_ops: ['sign'] })
    const signed = await post('/sign', { kid, alg, data: hello })
    const { payload, protectedHeader } = await flattenedVerify({ ...signed, payload: hello }, all)
    t.same(
      [plain(payload), protectedHeader],
      ['hello', { alg, kid: publicKid }],
      `${alg}: jose verifies ours`,
    )
    t.same(await post('/verify', { ...signed, data: hello }), { kid: publicKid, valid: true })
    t.match(await post('/verify', { ...signed, data: text('hallo') }), { valid: false })
    t.match(await call('POST', '/sign', { kid, alg: 'HS256', data: hello }), {
      status: 422,
      json: { error: 'unsupported_algorithm' },
    })
    await post(`/keys/${kid}/tags`, { tags: ['b', 'a'] })
  }
})

t.test('keys from elsewhere verify what was signed there, and sign', async (t) => {
  for (const alg of ['ES256', 'EdDSA', 'PS256']) {
    const { privateKey } = await generateKeyPair(alg, { extractable: true })
    const jwk = (await exportJWK(privateKey)) as { kty: string }
    const { kid, kid_public: publicKid } = await post('/keys', { ...jwk, alg })
    const { signature, protected: header = '' } = await new FlattenedSign(Buffer.from('hello'))
      .setProtectedHeader({ alg, kid: publicKid })
      .sign(privateKey)
    const theirs = { protected: header, signature, data: hello }
    t.same(await post('/verify', theirs), { kid: publicKid, valid: true }, `${alg}: ours verifies jose’s`)
    const ours = await post('/sign', { kid, alg, data: hello })
    const key = await importJWK(jwk, alg)
    const isPublic = createPublicKey({ key: jwk as never, format: 'jwk' })
    t.ok(key && (await flattenedVerify({ ...ours, payload: hello }, isPublic)))
  }
})

t.test('messages to AES keys, with additional data', async (t) => {
  for (const enc of ['A128GCM', 'A192GCM', 'A256GCM']) {
    const secret = await generateSecret(enc, { extractable: true })
    const { k } = await exportJWK(secret)
    const { kid } = await post('/keys', { kty: 'oct', alg: enc, k })
    const ours = await post('/encrypt', { kid, alg: 'dir', enc, data: hello, aad: text('to all') })
    t.equal(plain((await flattenedDecrypt(ours, secret)).plaintext), 'hello', `${enc}: jose opens ours`)
    const theirs = await new FlattenedEncrypt(Buffer.from('hello'))
      .setProtectedHeader({ alg: 'dir', enc, kid })
      .setAdditionalAuthenticatedData(Buffer.from('of all'))
      .encrypt(secret)
    t.same(await post('/decrypt', theirs), { kid, data: hello }, 'ours opens jose’s')
  }
})

t.test('messages to RSA keys, and content keys that are unwrapped', async (t) => {
  const alg = 'RSA-OAEP-256'
  const { kid, kid_public: publicKid } = await post('/keys', { kty: 'RSA', alg, bits: 2048 })
  const { keys } = await keySet()
  const publicJwk = keys.find((one: { kid: string }) => one.kid === publicKid)
  t.match(publicJwk, { use: 'enc', key_ops: ['encrypt'] })
  const theirs = await new FlattenedEncrypt(Buffer.from('hello'))
    .setProtectedHeader({ alg, enc: 'A256GCM', kid: publicKid })
    .encrypt(await importJWK({ ...publicJwk, key_ops: undefined }, alg))
  t.same(await post('/decrypt', theirs), { kid: publicKid, data: hello }, 'ours opens jose’s')
  for (const named of [kid, publicKid]) {
    const ours = await post('/encrypt', { kid: named, alg, enc: 'A128GCM', data: hello })
    t.same(await post('/decrypt', ours), { kid: named, data: hello })
  }

  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = (await exportJWK(privateKey)) as { kty: string }
  const unwrapping = await post('/keys', { ...jwk, alg, key_ops: ['unwrapKey'] })
  t.same(unwrapping.key_ops, ['unwrapKey'])
  const sealed = await new FlattenedEncrypt(Buffer.from('hello'))
    .setProtectedHeader({ alg, enc: 'A256GCM', kid: unwrapping.kid })
    .encrypt(publicKey)
  const { protected: header, encrypted_key: encryptedKey } = sealed
  const content = await post('/keys/unwrap', { protected: header, encrypted_key: encryptedKey })
  t.match(content, { kty: 'oct', alg: 'A256GCM', key_ops: ['encrypt', 'decrypt'] })
  t.match(await call('POST', '/decrypt', sealed), { status: 403, json: { error: 'forbidden' } })
  const ours = await post('/encrypt', { kid: content.kid, alg: 'dir', enc: 'A256GCM', data: hello })
  t.same(await post('/decrypt', ours), { kid: content.kid, data: hello })
})

t.test('every failed decryption is told alike', async (t) => {
  const { kid } = await post('/keys', { kty: 'oct', alg: 'A256GCM' })
  const { kid: other } = await post('/keys', { kty: 'oct', alg: 'A256GCM' })
  const rsa = await post('/keys', { kty: 'RSA', alg: 'RSA-OAEP-256', bits: 2048 })
  const sealed = await post('/encrypt', { kid, alg: 'dir', enc: 'A256GCM', data: hello })
  const toRsa = await post('/encrypt', { kid: rsa.kid, alg: 'RSA-OAEP-256', enc: 'A256GCM', data: hello })
  const changed = (part: string) => Buffer.from(part, 'base64url').map((byte) => byte ^ 1)
  const flip = (part: string) => Buffer.from(changed(part)).toString('base64url')
  for (const [what, one] of Object.entries({
    'another tag': { ...sealed, tag: flip(sealed.tag) },
    'a short tag': { ...sealed, tag: sealed.tag.slice(0, 16) },
    'another IV': { ...sealed, iv: flip(sealed.iv) },
    'a short IV': { ...sealed, iv: 'AAAA' },
    'another ciphertext': { ...sealed, ciphertext: flip(sealed.ciphertext) },
    'no base64url': { ...sealed, ciphertext: '=' },
    'additional data': { ...sealed, aad: hello },
    'an encrypted key': { ...sealed, encrypted_key: 'AAAA' },
    'another key': { ...sealed, protected: text(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: other })) },
    'another encrypted key': { ...toRsa, encrypted_key: flip(toRsa.encrypted_key) },
    'a short encrypted key': { ...toRsa, encrypted_key: 'AAAA' },
    'another tag of RSA': { ...toRsa, tag: flip(toRsa.tag) },
    'additional data of RSA': { ...toRsa, aad: hello },
  })) {
    const { status, text } = await call('POST', '/decrypt', one)
    t.same([status, text], [422, '{"error":"decryption_failed","description":"decryption failed"}'], what)
  }
})

t.test('MACs', async (t) => {
  for (const bits of [256, 384, 512]) {
    const alg = `HS${bits}`
    const secret = Buffer.alloc(64, bits)
    const { kid } = await post('/keys', { kty: 'oct', alg, k: secret.toString('base64url') })
    const mac = createHmac(`sha${bits}`, secret).update('hello').digest('base64url')
    t.same(await post('/mac', { kid, alg, data: hello }), { kid, mac })
    t.same(await post('/mac', { kid, alg, data: hello, mac }), { kid, valid: true })
    t.same(await post('/mac', { kid, alg, data: text('hallo'), mac }), { kid, valid: false })
  }
})

t.test('tags, the key set and the end of a key', async (t) => {
  const { kid, kid_public: publicKid } = await post('/keys', { kty: 'EC', alg: 'ES256' })
  t.same(await post(`/keys/${kid}/tags`, { tags: ['red', 'blue', 'red'] }), { kid, tags: ['red', 'blue'] })
  t.same((await call('DELETE', `/keys/${kid}/tags`, { tags: ['red', 'green'] })).json, {
    kid,
    tags: ['blue'],
  })
  t.same((await call('GET', `/keys/${kid}/tags`)).json, { kid, tags: ['blue'] })
  t.match(await call('POST', `/keys/${kid}/tags`, { tags: ['_sk'] }), { status: 400 }, 'the server’s own')
  const kids = async () => (await keySet()).keys.map((one: { kid: string }) => one.kid)
  const { headers } = await face.ask('GET', '/.well-known/jwks.json', { token: null })
  const again = await face.ask('GET', '/.well-known/jwks.json', {
    token: null,
    headers: { 'if-none-match': String(headers['etag']) },
  })
  t.equal(again.status, 304)
  t.equal((await call('DELETE', `/keys/${kid}`)).status, 204)
  for (const one of [kid, publicKid])
    t.equal((await (await face.keyManager.as('ann')).get(one)).state, 'Destroyed')
  t.notOk((await kids()).includes(publicKid))
})

t.test('what is refused', async (t) => {
  const { kid } = await post('/keys', { kty: 'EC', alg: 'ES256' })
  const bob = await face.tokenOf('bob', [])
  for (const [what, answer, status, error] of [
    ['no token', await call('POST', '/sign', { kid, alg: 'ES256', data: '' }, null), 401, 'unauthorized'],
    ['no right', await call('POST', '/sign', { kid, alg: 'ES256', data: '' }, bob), 404, 'not_found'],
    ['making keys', await call('POST', '/keys', { kty: 'EC', alg: 'ES256' }, bob), 403, 'forbidden'],
    ['no such key', await call('GET', '/keys/nothing/tags'), 404, 'not_found'],
    [
      'no such algorithm',
      await call('POST', '/keys', { kty: 'EC', alg: 'none' }),
      422,
      'unsupported_algorithm',
    ],
    [
      'another curve',
      await call('POST', '/keys', { kty: 'EC', alg: 'ES256', crv: 'P-384' }),
      422,
      'unsupported_algorithm',
    ],
    [
      'a short secret',
      await call('POST', '/keys', { kty: 'oct', alg: 'A256GCM', k: 'AAAA' }),
      422,
      'crypto_failure',
    ],
    [
      'a header that must be understood',
      await call('POST', '/verify', {
        protected: text('{"crit":["x"],"alg":"ES256"}'),
        data: '',
        signature: '',
      }),
      400,
      'bad_request',
    ],
    ['no base64url', await call('POST', '/sign', { kid, alg: 'ES256', data: 'a+b=' }), 400, 'bad_request'],
    [
      'a field of nobody',
      await call('POST', '/sign', { kid, alg: 'ES256', data: '', x: 1 }),
      400,
      'bad_request',
    ],
  ] as const)
    t.match(answer, { status, json: { error, description: String } }, what)
})
