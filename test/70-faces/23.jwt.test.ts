import t from 'tap'
import { Issuer } from '../support/issuer.js'
import { Face } from './face.js'

t.test('a JWT is a bearer token, and is exchanged for one', async (t) => {
  const face = await Face.open(t)
  const issuer = await Issuer.start(t)
  const corp = {
    name: 'corp',
    kind: 'oidc',
    registers: true,
    settings: { issuer: issuer.url, audiences: ['mortise'] },
  }
  t.match(await face.admin('POST', '/connections', { body: corp }), {
    status: 201,
    json: { origin: 'store' },
  })
  const token = await issuer.token()
  const me = () => face.admin('GET', '/me', { token })
  t.match(await me(), { status: 200, json: { name: 'ann@example.org' } })
  t.match(await me(), { status: 200 }, 'from memory')
  const made = await face.admin('POST', '/keys', { token, body: { algorithm: 'AES', name: 'of a JWT' } })
  t.equal(made.status, 201)

  const exchange = (body: object) => face.admin('POST', '/login/jwt', { token: null, body })
  const { status, json } = await exchange({ jwt: token, label: 'laptop', tokenMinutes: 5, refresh: {} })
  t.equal(status, 200)
  t.match(await face.admin('GET', '/me', { token: json.token }), { json: { name: 'ann@example.org' } })
  t.match(await face.admin('GET', '/sessions', { token: json.token }), {
    json: { sessions: [{ id: json.session, label: 'laptop', factors: [{ method: 'oidc' }] }] },
  })
  t.ok(json.refreshToken)
  t.match(await exchange({ jwt: json.token }), { status: 401 }, 'which is not exchanged again')

  const nobody = { status: 401, json: { code: 'MORTISE_AUTH_REQUIRED' } }
  const forged = await issuer.forge({ iss: 'https://evil.example.org' })
  const answers = await Promise.all([
    face.admin('GET', '/me', { token: forged }),
    face.admin('GET', '/me', { token: await issuer.forge({ exp: 1 }) }),
    face.admin('GET', '/me', { token: `mrt_${'0'.repeat(32)}_${'a'.repeat(43)}` }),
    exchange({ jwt: forged }),
  ])
  for (const answer of answers) {
    t.match(answer, nobody)
    t.equal(answer.json.detail, answers[0].json.detail)
    t.equal(answer.headers['www-authenticate'], 'Bearer')
    t.strictSame(Object.keys(answer.json).sort(), ['code', 'detail', 'request', 'status', 'title', 'type'])
  }

  t.match(await face.admin('POST', '/connections/corp/test'), {
    json: { works: true, failure: null, facts: { jwks: `${issuer.url}/jwks`, keys: [/RSA/] } },
  })
  const down = { ...corp, name: 'down', settings: { issuer: 'http://127.0.0.1:1' } }
  await face.admin('POST', '/connections', { body: down })
  t.match(await face.admin('POST', '/connections/down/test'), {
    json: { works: false, failure: /cannot be had/ },
  })
  t.match(await face.admin('GET', '/me', { token: await issuer.forge({ iss: 'http://127.0.0.1:1' }) }), {
    status: 503,
    json: { code: 'MORTISE_AUTH_ISSUER_UNAVAILABLE', details: { issuer: 'http://127.0.0.1:1' } },
  })

  t.match(await face.admin('DELETE', '/connections/corp'), { status: 409 })
  t.match(await face.admin('DELETE', '/connections/corp?force=true'), { status: 204 })
  t.match(await me(), nobody, 'at once')
  t.match(await face.admin('GET', '/me', { token: json.token }), nobody)
})
