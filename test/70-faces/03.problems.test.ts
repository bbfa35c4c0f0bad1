import t from 'tap'
import { errorCodes, MortiseError } from '../../lib/errors/index.js'
import { base64, Face } from './face.js'

const huge = '['.repeat(200_000)

t.test('An error is a problem document with its code, its status and the id of the request', async (t) => {
  const face = await Face.open(t)
  const answer = await face.admin('GET', '/keys/nowhere', { headers: { 'x-request-id': 'my-id.1' } })
  t.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
  t.equal(answer.headers['x-request-id'], 'my-id.1')
  t.same(answer.json, {
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'no such object, or no right to know of it',
    code: 'MORTISE_KEY_NOT_FOUND',
    request: 'my-id.1',
  })
})

t.test('Every code of the table answers with its status', async (t) => {
  const face = await Face.open(t)
  for (const [code, { status, message }] of Object.entries(errorCodes)) {
    face.keyManager.authenticate = async () => {
      throw new MortiseError(code as keyof typeof errorCodes)
    }
    t.match(await face.admin('GET', '/me'), { status, json: { code, status, detail: message } }, code)
  }
})

t.test('What nobody expected tells nothing', async (t) => {
  const face = await Face.open(t)
  face.keyManager.authenticate = async () => {
    throw new TypeError('the secret is swordfish')
  }
  const answer = await face.admin('GET', '/me')
  t.match(answer, { status: 500, json: { code: 'MORTISE_INTERNAL' } })
  t.notMatch(answer.text, /swordfish/)
})

t.test('A request that is not valid hears which field is wrong, and never its value', async (t) => {
  const face = await Face.open(t)
  await face.admin('POST', '/keys', { body: { algorithm: 'AES', name: 'k' } })
  for (const [body, detail] of [
    [{}, "body must have required property 'plaintext'"],
    [{ plaintext: 5 }, 'body.plaintext must be string'],
    [{ plaintext: null }, 'body.plaintext must be string'],
    [{ plaintext: base64('x'), format: 'cbc' }, 'body.format must be one of record, gcm, hybrid, jwe'],
    [{ plaintext: base64('x'), iv: 'AA==' }, 'iv, tag, tagLength and padding go with a mode'],
    [{ plaintext: base64('x'), nonce: 'AA==' }, 'body has no field "nonce"'],
    [{ plaintext: 'swordfish' }, /^plaintext must be standard base64/],
    [{ plaintext: 'QUI' }, /^plaintext must be/],
    [{ plaintext: 'QU_-' }, /^plaintext must be/],
    [{ plaintext: 'QUI=QUI=' }, /^plaintext must be/],
    [{ plaintext: 'QUJ=' }, /^plaintext must be/],
    [{ plaintext: 'QU I=' }, /^plaintext must be/],
    [{ plaintext: '=' }, /^plaintext must be/],
    [{ plaintext: base64('x'), aad: '*' }, /^aad must be/],
    [[], 'body must be object'],
    ['{"plaintext":"swordfish', 'the body is not valid JSON'],
    ['{"__proto__":{"admin":true}}', 'the body is not valid JSON'],
    ['', 'the body is not valid JSON'],
    [huge, 'the body is not valid JSON'],
    [huge.concat(']'.repeat(200_000)), 'body must be object'],
    [`{"plaintext":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`, 'body.plaintext must be string'],
  ] as const) {
    const answer = await face.admin('POST', '/keys/k/encrypt', { body })
    const name = JSON.stringify(body).slice(0, 40)
    t.match(answer, { status: 400, json: { code: 'MORTISE_INPUT_INVALID', detail } }, name)
    t.notMatch(answer.text, /swordfish/)
  }
  t.match(
    await face.admin('POST', '/keys/k/encrypt', { body: { plaintext: '' } }),
    { status: 200 },
    'nothing is something',
  )
  t.match(await face.admin('GET', '/keys?limit=0'), {
    status: 400,
    json: { detail: 'querystring.limit must be >= 1' },
  })
  t.match(await face.admin('GET', '/keys?limit=ten'), { status: 400 })
  t.match(await face.admin('GET', '/keys?colour=red'), {
    status: 400,
    json: { detail: 'querystring has no field "colour"' },
  })
  t.match(await face.admin('GET', '/keys?after=nonsense'), { status: 400 })
})

t.test('Too much, of the wrong kind, or nowhere', async (t) => {
  const face = await Face.open(t, { '--limits-body': '2048' })
  const large = { plaintext: base64('x'.repeat(2048)) }
  t.match(await face.admin('POST', '/keys/k/encrypt', { body: large }), {
    status: 413,
    json: { code: 'MORTISE_INPUT_TOO_LARGE' },
  })
  const headers = { 'content-type': 'text/plain' }
  t.match(await face.admin('POST', '/random', { body: '{"bytes":1}', headers }), {
    status: 415,
    json: { detail: 'send the body as application/json' },
  })
  t.match(await face.ask('GET', '/admin/v2/keys'), {
    status: 404,
    json: { code: 'MORTISE_ROUTE_NOT_FOUND', detail: 'there is nothing at GET /admin/v2/keys' },
  })
  t.match(await face.ask('GET', '/%E0%A4%A'), { status: 400, json: { code: 'MORTISE_INPUT_INVALID' } })
  t.match(await face.admin('GET', `/keys/${'x'.repeat(4000)}`), { status: 414 }, 'no name is that long')
})

t.test('An id that could harm a log is not taken over', async (t) => {
  const face = await Face.open(t)
  for (const id of ['two words', 'x'.repeat(65), '{"a":1}']) {
    const answer = await face.ask('GET', '/version', { headers: { 'x-request-id': id } })
    t.match(answer.headers['x-request-id'], /^[\w-]{12}\.\d+$/)
  }
})

t.test('Whoever fails too often, or asks too often, is told to wait', async (t) => {
  const face = await Face.open(t, { '--limits-failures': '3', '--limits-requests': '5' })
  for (let i = 0; i < 3; i++) t.match(await face.admin('GET', '/me', { token: null }), { status: 401 })
  const refused = await face.admin('GET', '/me')
  t.match(refused, { status: 429, json: { code: 'MORTISE_RATE_LIMITED' } })
  t.ok(Number(refused.headers['retry-after']) > 0)
  t.match(await face.ask('GET', '/health'), { status: 200 }, 'health is exempt')

  const other = await Face.open(t, { '--limits-requests': '5' })
  const answers = await Promise.all(Array.from({ length: 20 }, () => other.admin('GET', '/me')))
  t.ok(answers.some(({ status }) => status === 429))
  const bob = await other.tokenOf('bob')
  t.match(
    await other.admin('GET', '/me', { token: bob }),
    { status: 200 },
    'one does not use up another’s share',
  )
})

t.test('Answers are not kept, guessed at or framed', async (t) => {
  const face = await Face.open(t)
  const { headers } = await face.admin('GET', '/me')
  t.match(headers, {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  })
})
