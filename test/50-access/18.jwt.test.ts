import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import t from 'tap'
import type { KeyManager, KeyManagerOptions, NewConnection, Session } from '../../lib/index.js'
import { hour, minute, TestClock } from '../support/clock.js'
import { Issuer, signingAlgorithms } from '../support/issuer.js'
import { KeyHouse } from '../support/key_house.js'

const door = { face: 'test', request: '1' }
const refused = { code: 'MORTISE_AUTH_REQUIRED', message: 'credentials are missing or not valid' }
const unavailable = { code: 'MORTISE_AUTH_ISSUER_UNAVAILABLE', status: 503 }

async function inhabited(t: Parameters<typeof KeyHouse.build>[0], options: Partial<KeyManagerOptions> = {}) {
  const house = await KeyHouse.build(t, { scheduler: false, ...options })
  const { km } = house
  return { house, km, admin: await house.administrator(), enter: enterer(km) }
}

function enterer(km: KeyManager) {
  return (token: string) => km.authenticate({ token }, door)
}

/** An issuer, and the connection to it. */
async function connected(
  t: Parameters<typeof KeyHouse.build>[0],
  admin: Session,
  name = 'corp',
  { settings, ...fields }: Partial<NewConnection> = {},
) {
  const issuer = await Issuer.start(t)
  const given = { issuer: issuer.url, audiences: ['mortise'], ...settings }
  await admin.createConnection({ name, kind: 'oidc', registers: true, settings: given, ...fields })
  return issuer
}

/** Why the last one was refused. */
async function reason(admin: Session): Promise<unknown> {
  const { records } = await admin.audit({ operation: 'Authenticate', limit: 1 })
  t.match(records, [{ outcome: 'denied', code: 'MORTISE_AUTH_REQUIRED', face: 'test' }])
  return records[0]?.detail['reason']
}

t.test('tokens of oidc-provider let people in, with every type of key', async (t) => {
  const { admin, enter } = await inhabited(t)
  const audiences = ['mortise', ...signingAlgorithms.map((alg) => `app-${alg}`)]
  const issuer = await connected(t, admin, 'corp', { settings: { audiences } })
  for (const alg of signingAlgorithms) {
    const claims = { sub: alg, preferred_username: `of ${alg}`, name: 'Ann Example', email: 'a@example.org' }
    const { access, identity } = await issuer.tokens({ alg, claims })
    const { principal } = await enter(access)
    t.equal(principal.name, `of ${alg}`)
    t.equal((await enter(identity)).principal.id, principal.id, 'both are of one somebody')
    t.match((await admin.identities({ principal: principal.id })).identities, [
      { connection: 'corp', subject: alg },
    ])
    t.match(await admin.getUser(principal.id), {
      fullName: 'Ann Example',
      email: 'a@example.org',
      origin: `corp|${alg}`,
    })
  }
  t.equal(issuer.fetches, 1, 'its keys were asked for once')
  const { records } = await admin.audit({ operation: 'Authenticate', limit: 1 })
  t.match(records, [
    { outcome: 'success', principalName: 'of EdDSA', detail: { identity: 'corp|EdDSA', factors: ['oidc'] } },
  ])
})

t.test('one principal of two issuers uses a key that was granted once', async (t) => {
  const { admin, enter } = await inhabited(t)
  const here = await connected(t, admin, 'here')
  const there = await connected(t, admin, 'there', { registers: false })
  const ann = await enter(await here.token({ claims: { sub: '1', preferred_username: 'ann' } }))
  const key = await admin.createKey({ algorithm: 'AES', name: 'shared' })
  await admin.grant(key.id, { principal: 'ann' }, ['Encrypt', 'Decrypt'])

  const elsewhere = await there.token({ claims: { sub: '1', preferred_username: 'ann' } })
  await t.rejects(enter(elsewhere), refused, 'the same subject at another issuer is somebody else')
  await admin.linkIdentity({ principal: 'ann', connection: 'there', subject: '1' })
  const box = await ann.encrypt('shared', Buffer.from('data'))
  t.equal((await (await enter(elsewhere)).decrypt('shared', box)).toString(), 'data')
  const { records } = await admin.audit({ limit: 20 })
  t.match(
    records.filter(({ operation }) => operation === 'Encrypt' || operation === 'Decrypt'),
    [{ principalName: 'ann' }, { principalName: 'ann' }],
  )
})

t.test('hostile tokens are refused with one text, and the trail has the reason', async (t) => {
  const { admin, enter } = await inhabited(t)
  const issuer = await connected(t, admin)
  const { publicKey, privateKey, kid } = issuer.keys.RS256
  const good = await issuer.forge({})
  t.ok(await enter(good), 'what they are made from is taken')
  const [header, payload, signature] = good.split('.') as [string, string, string]
  const text = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const hmac = (secret: string | Buffer, part: object) => {
    const signed = `${text(part)}.${payload}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
  const stranger = await generateKeyPair('RS256', { extractable: true })
  const strange = (head: object) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, ...head }).sign(stranger.privateKey)
  const small = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ format: 'pem', type: 'spki' })
  const jwk = publicKey.export({ format: 'jwk' })

  const hostile: Record<string, [string | Promise<string>, RegExp]> = {
    none: [`${text({ alg: 'none', kid })}.${payload}.`, /algorithm is not allowed: "none"/],
    'None, signed': [`${text({ alg: 'None', kid })}.${payload}.${signature}`, /algorithm/],
    'no algorithm': [`${text({ kid })}.${payload}.${signature}`, /algorithm/],
    'HS256 with the public key as PEM': [
      hmac(pem, { alg: 'HS256', kid }),
      /algorithm is not allowed: "HS256"/,
    ],
    'HS256 with its modulus': [
      hmac(Buffer.from(jwk.n as string, 'base64url'), { alg: 'HS256', kid }),
      /algorithm/,
    ],
    'a list of algorithms': [`${text({ alg: ['RS256'], kid })}.${payload}.${signature}`, /./],
    'the algorithm of another key': [
      `${text({ alg: 'PS256', kid })}.${payload}.${signature}`,
      /no applicable key/,
    ],
    'another signature': [`${header}.${payload}.${signature.split('').reverse().join('')}`, /signature/],
    'no signature': [`${header}.${payload}.`, /signature/],
    'other claims': [`${header}.${text({ ...claims, sub: 'admin' })}.${signature}`, /signature/],
    'the key of a stranger': [strange({}), /signature/],
    'a key that it brings along': [strange({ jwk: await exportJWK(stranger.publicKey) }), /signature/],
    'a place of keys that it brings along': [strange({ jku: 'https://evil.example.org/jwks' }), /signature/],
    'a certificate that it brings along': [
      strange({ x5u: 'https://evil.example.org/x', x5c: ['AA=='] }),
      /./,
    ],
    'a kid that is a path': [strange({ kid: '../../../../dev/null' }), /no applicable key/],
    'a kid that is SQL': [strange({ kid: "' OR 1=1 --" }), /no applicable key/],
    'a kid of nothing': [strange({ kid: '' }), /no applicable key/],
    'a kid of a prototype': [strange({ kid: '__proto__' }), /no applicable key/],
    'a kid that is a list': [`${text({ alg: 'RS256', kid: [kid] })}.${payload}.${signature}`, /./],
    'a long kid': [strange({ kid: 'k'.repeat(3000) }), /no applicable key/],
    'no kid': [strange({ kid: undefined }), /signature/],
    'a signature of a key that is nobody’s': [
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(small.privateKey),
      /signature/,
    ],
    'another issuer': [issuer.forge({ iss: 'https://evil.example.org' }), /no connection.*evil/],
    'an issuer with a slash more': [issuer.forge({ iss: `${issuer.url}/` }), /no connection/],
    'a list of issuers': [issuer.forge({ iss: [issuer.url] as unknown as string }), /no connection/],
    expired: [issuer.forge({ exp: now - 61 }), /"exp"/],
    'without end': [without('exp'), /missing required "exp"/],
    'an end that is text': [issuer.forge({ exp: String(now + 60) as unknown as number }), /"exp"/],
    'an endless end': [
      raw(`{"iss":"${issuer.url}","aud":"mortise","sub":"x","exp":1e999}`),
      /exp is no date/,
    ],
    'not yet': [issuer.forge({ nbf: now + 90 }), /"nbf"/],
    'issued tomorrow': [issuer.forge({ iat: now + 86_400 }), /iat/],
    'issued at a text': [issuer.forge({ iat: 'now' as unknown as number }), /iat/],
    'for another audience': [issuer.forge({ aud: 'other' }), /"aud"/],
    'for no audience': [issuer.forge({ aud: undefined as unknown as string }), /"aud"/],
    'for several, made for nobody': [issuer.forge({ aud: ['mortise', 'other'] }), /azp/],
    'for several, made for another': [issuer.forge({ aud: ['mortise', 'other'], azp: 'other' }), /azp/],
    'without a subject': [issuer.forge({ sub: undefined as unknown as string }), /sub/],
    'a subject that is a number': [issuer.forge({ sub: 1 as unknown as string }), /sub/],
    'a subject that is empty': [issuer.forge({ sub: '' }), /sub/],
    'a subject with a control character': [issuer.forge({ sub: 'a\u0000b' }), /sub/],
    'an extension that must be understood': [signed({ crit: ['exp'], exp: now + 60 }), /its header has crit/],
    'a payload that is not encoded': [
      `${text({ alg: 'RS256', kid, b64: false })}.${payload}.${signature}`,
      /b64/,
    ],
    'a logout': [issuer.forge({}, { typ: 'logout+jwt' }), /type/],
    'a proof of possession': [issuer.forge({}, { typ: 'dpop+jwt' }), /type/],
    'a type that is a list': [signed({ typ: ['a', 'b'] }), /type/],
    'a logout of old': [
      issuer.forge({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
      /events/,
    ],
    'one that is bound to a key': [issuer.forge({ cnf: { jkt: 'x' } }), /bound to a key/],
    huge: [issuer.forge({ padding: 'x'.repeat(9000) }), /longer than 8192 bytes/],
    'huge, and no token': [`${'e'.repeat(1_000_000)}.`, /longer/],
    deep: [raw(`${'['.repeat(3000)}${']'.repeat(3000)}`), /no JSON objects/],
    'claims that are a list': [raw('[]'), /no JSON objects/],
    'claims that are nothing': [raw('null'), /no JSON objects/],
    'two parts': [`${header}.${payload}`, /compact form/],
    'five parts': [`${header}.${payload}.${signature}.a.b`, /compact form/],
    'a dot': ['.', /compact form/],
    'other letters': [`${header}.${payload}.${signature}=`, /compact form/],
    'no base64': [`a.b.c`, /no JSON objects/],
  }
  for (const [name, [token, why]] of Object.entries(hostile)) {
    await t.rejects(enter(await token), refused, name)
    t.match(await reason(admin), why, name)
  }
  const { total } = await admin.users({})
  t.equal(total, 2, 'nobody else was registered')

  function without(claim: string): Promise<string> {
    const rest = Object.fromEntries(Object.entries(claims).filter(([name]) => name !== claim))
    return new SignJWT(rest).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey)
  }

  /** What a careful library does not sign. */
  function signed(head: object): string {
    return raw(JSON.stringify(claims), head)
  }

  function raw(body: string, head: object = {}): string {
    const part = `${text({ alg: 'RS256', kid, ...head })}.${Buffer.from(body).toString('base64url')}`
    return `${part}.${sign('sha256', Buffer.from(part), privateKey).toString('base64url')}`
  }
})
