/** Keys that come in, go out, and are made of other keys, over HTTP. */
import {
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  pbkdf2Sync,
  randomBytes,
} from 'node:crypto'
import t from 'tap'
import { base64, Face } from './face.js'

const inBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

async function exported(face: Face, key: string): Promise<Buffer> {
  const { json } = await face.admin('POST', `/keys/${key}/export`)
  return Buffer.from(json.material, 'base64')
}

t.test('Keys are derived', async (t) => {
  const face = await Face.open(t)
  const material = randomBytes(32)
  const register = { format: 'raw', algorithm: 'AES', material: inBase64(material), usage: ['DeriveKey'] }
  const { json: base } = await face.admin('POST', '/keys/import', { body: { ...register, name: 'base' } })
  const derive = (body: object) =>
    face.admin('POST', '/keys/derive', {
      body: { base: 'base', algorithm: 'AES', extractable: true, ...body },
    })
  const salt = base64('salt')
  const info = base64('info')
  const child = await derive({ salt, info, name: 'child' })
  t.match(child, { status: 201, json: { algorithm: 'AES', length: 256, links: { derivationBase: base.id } } })
  t.same(await exported(face, 'child'), Buffer.from(hkdfSync('sha256', material, 'salt', 'info', 32)))
  const slow = await derive({ method: 'PBKDF2', hash: 'SHA-512', salt, iterations: 1000, length: 128 })
  t.same(await exported(face, slow.json.id), pbkdf2Sync(material, 'salt', 1000, 16, 'sha512'))
  const counted = await derive({
    method: 'SP800-108-counter',
    info,
    context: salt,
    algorithm: 'HMAC-SHA-256',
  })
  t.match(counted, { status: 201, json: { algorithm: 'HMAC-SHA-256', length: 256 } })
  t.match(await derive({ iterations: 1000 }), { status: 400, json: { code: 'MORTISE_INPUT_INVALID' } })

  const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pair = await face.admin('POST', '/key-pairs', {
    body: { algorithm: 'EC', name: 'own', publicName: 'own-public', privateUsage: ['KeyAgreement'] },
  })
  t.equal(pair.status, 201)
  const agreed = await derive({
    base: 'own',
    peer: base64(peer.publicKey.export({ type: 'spki', format: 'pem' }).toString()),
    info,
  })
  t.equal(agreed.status, 201)
  const publicKey = createPublicKey({ key: await exported(face, 'own-public'), format: 'der', type: 'spki' })
  const secret = diffieHellman({ privateKey: peer.privateKey, publicKey })
  t.same(await exported(face, agreed.json.id), Buffer.from(hkdfSync('sha256', secret, '', 'info', 32)))
})

t.test('Keys are split, their shares go out and come in, and join', async (t) => {
  const face = await Face.open(t)
  await face.admin('POST', '/keys', { body: { algorithm: 'AES', name: 'whole', extractable: true } })
  const material = await exported(face, 'whole')
  const split = await face.admin('POST', '/keys/split', {
    body: { object: 'whole', parts: 3, threshold: 2, name: 'share', extractable: true },
  })
  t.equal(split.status, 201)
  t.strictSame(
    split.json.items.map(({ name, type }: { name: string; type: string }) => [name, type]),
    [1, 2, 3].map((i) => [`share-${i}`, 'SplitKey']),
  )
  const join = (shares: readonly string[]) =>
    face.admin('POST', '/keys/join', { body: { shares, extractable: true } })
  const joined = await join(['share-3', 'share-1'])
  t.match(joined, { status: 201, json: { type: 'SymmetricKey', algorithm: 'AES', length: 256 } })
  t.same(await exported(face, joined.json.id), material)
  t.match(await join(['share-1', 'whole']), { status: 400, json: { code: 'MORTISE_INPUT_INVALID' } })

  const again: string[] = []
  for (const { id, algorithm, length, splitKey } of split.json.items.slice(0, 2)) {
    const bytes = inBase64(await exported(face, id))
    const body = { material: bytes, algorithm, length, splitKey, extractable: true }
    const registered = await face.admin('POST', '/keys/register-share', { body })
    t.match(registered, { status: 201, json: { type: 'SplitKey', splitKey } })
    again.push(registered.json.id)
  }
  const rejoined = await join(again)
  t.equal(rejoined.status, 201)
  t.same(await exported(face, rejoined.json.id), material)
})

t.test('Keys go out and come in wrapped', async (t) => {
  const face = await Face.open(t)
  await face.admin('POST', '/keys', {
    body: { algorithm: 'AES', name: 'wrapping', usage: ['WrapKey', 'UnwrapKey'] },
  })
  await face.admin('POST', '/keys', {
    body: { algorithm: 'AES', name: 'secret', extractable: true, sensitive: true },
  })
  await face.admin('POST', '/key-pairs', {
    body: { algorithm: 'EC', name: 'signer', publicName: 'verifier', extractable: true, sensitive: true },
  })
  const sealed = await face.admin('POST', '/keys/secret/encrypt', {
    body: { plaintext: base64('data'), format: 'gcm' },
  })
  for (const method of ['AES-KW', 'AES-KWP', 'AES-GCM']) {
    const wrapping = { key: 'wrapping', method }
    const out = await face.admin('POST', '/keys/secret/export', { body: { wrapping } })
    t.match(out, { status: 200, json: { format: 'raw' } })
    const body = { material: out.json.material, algorithm: 'AES', wrapping }
    const { status, json } = await face.admin('POST', '/keys/import', { body })
    t.equal(status, 201, method)
    const opened = await face.admin('POST', `/keys/${json.id}/decrypt`, {
      body: { ciphertext: sealed.json.ciphertext, format: 'gcm' },
    })
    t.match(opened, { status: 200, json: { plaintext: base64('data') } })
  }
  const wrapping = { key: 'wrapping', method: 'AES-KWP' }
  const out = await face.admin('POST', '/keys/signer/export', { body: { wrapping } })
  t.match(out, { status: 200, json: { format: 'pkcs8' } })
  const back = await face.admin('POST', '/keys/import', {
    body: { material: out.json.material, algorithm: 'EC', wrapping },
  })
  t.match(back, { status: 201, json: { type: 'PrivateKey', curve: 'P-256' } })
  const data = base64('data')
  const { json } = await face.admin('POST', `/keys/${back.json.id}/sign`, { body: { data } })
  t.match(await face.admin('POST', '/keys/verifier/verify', { body: { data, signature: json.signature } }), {
    json: { valid: true },
  })
  t.match(await face.admin('POST', '/keys/secret/export'), { json: { code: 'MORTISE_KEY_NOT_EXTRACTABLE' } })
})

t.test('Data keys are made, released where that is allowed, and wrapped again', async (t) => {
  const face = await Face.open(t)
  await face.admin('POST', '/keys', { body: { algorithm: 'AES', name: 'kek' } })
  const aad = base64('tenant')
  const ask = (path: string, body?: object, token?: string) =>
    face.admin('POST', `/keys/kek/data-keys${path}`, { ...(body && { body }), ...(token && { token }) })
  const silent = await ask('')
  t.match(silent, { status: 201, json: { keyVersion: 1 } })
  t.strictSame(Object.keys(silent.json).sort(), ['keyId', 'keyVersion', 'wrapped'], 'no plaintext unasked')
  const { status, json } = await ask('', { aad, plaintext: true })
  t.equal(status, 201)
  t.equal(Buffer.from(json.plaintext, 'base64').length, 32)
  const { wrapped, plaintext } = json
  await face.admin('POST', '/keys/kek/rekey')
  t.match(await ask('/decrypt', { wrapped, aad }), { status: 200, json: { plaintext } })
  t.match(await ask('/decrypt', { wrapped }), { json: { code: 'MORTISE_CRYPTO_DECRYPTION_FAILED' } })
  const again = await ask('/rewrap', { wrapped, aad })
  t.match(again, { status: 200, json: { keyVersion: 2 } })
  t.match(await ask('/decrypt', { wrapped: again.json.wrapped, aad }), { json: { plaintext } })

  const token = await face.tokenOf('bob')
  await face.admin('POST', '/keys/kek/grants', {
    body: { grantee: { principal: 'bob' }, permissions: ['WrapKey', 'UnwrapKey'] },
  })
  const denied = { status: 403, json: { code: 'MORTISE_ACCESS_DENIED' } }
  t.match(await ask('', {}, token), { status: 201 })
  t.match(await ask('', { plaintext: true }, token), denied)
  t.match(await ask('/decrypt', { wrapped, aad }, token), denied)
  t.match(await ask('/rewrap', { wrapped, aad }, token), { status: 200 })
})

t.test('A JWE goes to a key that agrees', async (t) => {
  const face = await Face.open(t)
  await face.admin('POST', '/key-pairs', {
    body: {
      algorithm: 'EC',
      name: 'opener',
      publicName: 'sealer',
      privateUsage: ['KeyAgreement'],
      publicUsage: ['KeyAgreement'],
    },
  })
  const sealed = await face.admin('POST', '/keys/sealer/encrypt', {
    body: { plaintext: base64('data'), format: 'jwe', alg: 'ECDH-ES+A256KW' },
  })
  t.equal(sealed.status, 200)
  const { ciphertext } = sealed.json
  t.match(await face.admin('POST', '/keys/opener/decrypt', { body: { ciphertext, format: 'jwe' } }), {
    status: 200,
    json: { plaintext: base64('data') },
  })
})
