/** The keyservice on the wire. */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { isSignedWith, parseSessionist } from '../../lib/core/keyservice/sessionist.js'
import { hashOfInitToken, signatureHeaders } from '../../lib/keyservice-client/index.js'
import { hashOf, sessionist } from '../support/keyservice.js'
import { Parties } from './keyservice.js'

const refused = { status: 401, json: { errors: [{ descr: 'Invalid session.' }] } }
const unknown = { status: 401, json: { errors: [{ descr: 'Invalid credentials.' }] } }
const day = 86_400_000

const dateAt = (time: number) => new Date(time).toUTCString()

/** The bytes from one number on. */
const from = (first: number) => Buffer.from(Array.from({ length: 64 }, (_, i) => first + i)).toString('hex')
const vectorDate = 'Sat, 21 Nov 2026 12:00:00 GMT'
const initToken = 'Zb8dW3nB0m1sQy7Vt5K2cRp4Lx9GhJ6fAeUoIiNqTwE'
const initTokenHash =
  'XR92tn5GCp3s3v/WtDHpWQ/WW2RJAZX1dc/ryFdtxJIM0ftStg7fzPw2thmeK584PPT021ZPZA6IW9LE1QDk7g=='
const sessionToken = 'q1w2e3r4t5y6u7i8o9p0aAsS'

const vectors = [
  {
    keyId: 'my key id',
    secret: 'my secret key',
    method: 'POST',
    path: '/endpoint',
    payload: 'the payload',
    date: 'Fri, 07 Oct 2011 21:33:17 GMT',
    nonce: '00'.repeat(64),
    hash: '15622b52c1a45de70bca5102c7af5006cc64008a8e71aaf787361391fcf534590e99b4a19aa305ee32c9ab28661c99ffd33683a13b8c0f6ff7236f6030f86d6f',
  },
  {
    keyId: 'realservice-1',
    secret: 'connect-shared-secret',
    method: 'POST',
    path: '/connect',
    payload: `{"namespace":"my_cool_website","userId":"347","initTokenHash":"${initTokenHash}"}`,
    date: vectorDate,
    nonce: from(0),
    hash: '94beb99a146b9ec55341c2ead3f41301fa6d44ede4019130bffed43cdeaef302b099dfac7855065dbd39eb99fa8bd8d2b6ed4c06d155afdb36e85f6c61586c92',
  },
  {
    keyId: sessionToken,
    secret: initToken,
    method: 'PUT',
    path: '/key',
    payload: '{"key":"b64:AAECAwQFBgcICQoLDA0ODw=="}',
    date: vectorDate,
    nonce: from(0x40),
    hash: 'aff64d8d66dad0b1102baa5ae64e10a234815d00cd92196125a8ce11994f0dd60ca8a671a148052f95773afadc744ccb59c1abf5079b12c0933f4de8d97eeb4e',
  },
  {
    keyId: sessionToken,
    secret: initToken,
    method: 'GET',
    path: '/key',
    payload: '',
    date: vectorDate,
    nonce: from(0x80),
    hash: 'e9b994582dea2e22dc0fca9eb53095a4cb0d67bd664d56d1dc4cfc196cd3eba7734157649fcc890427e9c6553cc42e570afdf22ac81de187852700f9454ffd8d',
  },
] as const

t.test('The vectors of the header: checked, and signed by the client', async (t) => {
  t.equal(await hashOfInitToken(initToken), initTokenHash)
  for (const { hash, ...vector } of vectors) {
    const { keyId, secret, method, path, payload, date, nonce } = vector
    const authorization = `ss1 keyid=${keyId}, hash=${hash}, nonce=${nonce}`
    t.same(sessionist(vector), { authorization, date }, 'the tests sign as it says')
    const request = { authorization, date, method, path, payload: Buffer.from(payload) }
    const header = parseSessionist(request)
    t.match(header, { keyId, nonce, date: Date.parse(date) })
    t.ok(header && isSignedWith(secret, header, request))
    t.notOk(header && isSignedWith(`${secret} `, header, request))
    const signed = await signatureHeaders(
      { keyId, secret },
      { method, path, payload: Buffer.from(payload) },
      { date: new Date(date), nonce: Buffer.from(nonce, 'hex') },
    )
    t.same(signed, { authorization, 'x-date': date })
  }
})

t.test('A header is as it has to be, or none', async (t) => {
  const date = vectorDate
  const [hash, nonce] = ['ab'.repeat(64), 'cd'.repeat(16)]
  const parse = (authorization: string, when: string | undefined = date) =>
    parseSessionist({ authorization, date: when, method: 'GET', path: '/key', payload: Buffer.alloc(0) })
  const proper = `ss1 keyid=k, hash=${hash}, nonce=${nonce}`
  t.ok(parse(proper))
  t.ok(parse(`ss1 nonce=${nonce},hash=${hash},keyid=k`), 'in whatever order, without blanks')
  for (const when of [
    'Thu, 22 Mar 2018 10:00:00 +0100',
    '2026-11-21T12:00:00.000Z',
    '2018-03-22T10:00:00+01:00',
  ])
    t.ok(parse(proper, when), when)
  for (const [what, text] of Object.entries({
    'no scheme': proper.slice(4),
    'another scheme': `SS1${proper.slice(3)}`,
    'a header before it': `Authorization: ${proper}`,
    'two fields': `ss1 keyid=k, hash=${hash}`,
    'four fields': `${proper}, x=y`,
    'a field twice': `ss1 keyid=k, hash=${hash}, hash=${hash}`,
    'no key id': `ss1 keyid=, hash=${hash}, nonce=${nonce}`,
    'an equals sign in the key id': `ss1 keyid=k==, hash=${hash}, nonce=${nonce}`,
    'a hash in upper case': `ss1 keyid=k, hash=${hash.toUpperCase()}, nonce=${nonce}`,
    'a short hash': `ss1 keyid=k, hash=${hash.slice(2)}, nonce=${nonce}`,
    'a nonce of half a byte more': `ss1 keyid=k, hash=${hash}, nonce=${nonce}a`,
    'a nonce that is no hexadecimal': `ss1 keyid=k, hash=${hash}, nonce=${nonce.slice(2)}zz`,
    'a short nonce': `ss1 keyid=k, hash=${hash}, nonce=${nonce.slice(2)}`,
    'a long nonce': `ss1 keyid=k, hash=${hash}, nonce=${'ab'.repeat(129)}`,
    nothing: '',
  }))
    t.equal(parse(text), undefined, what)
  for (const when of ['', 'now', '1', 'Sat, 21 Nov 2026', `${date} or so`, '2026-11-21'])
    t.equal(parse(proper, when), undefined, `date ${when}`)
})

t.test('A user keeps something through a real service, which never sees it', async (t) => {
  const parties = await Parties.open(t)
  const { headers, status, json } = await parties.face.ask('POST', '/init', { token: null, body: 'ignored' })
  t.match(json, { initToken: /^[\w-]{43}$/ })
  t.equal(status, 200)
  t.match(headers, { 'cache-control': 'no-store', 'content-type': /^application\/json/ })
  const connected = await parties.connect(json.initToken)
  t.match(connected, { status: 200, json: { sessionToken: /^[\w-]{43}$/ } })
  const client = { keyId: connected.json.sessionToken, secret: json.initToken }

  const nothing = await parties.send(client, 'GET', '/key')
  t.match(nothing, { status: 404, json: { errors: [{ descr: 'Not Found.' }] } })
  const put = await parties.send(client, 'PUT', '/key', '{"key":"b64:AAEC"}')
  t.match(put, { status: 200, json: {}, headers: { etag: /^"[0-9a-f-]{36}\.1"$/ } })
  const got = await parties.send(client, 'GET', '/key')
  t.match(got, { status: 200, text: '{"key":"b64:AAEC"}', headers: { etag: put.headers.etag } })
  t.match(got.headers, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' })

  const other = await parties.client()
  t.equal((await parties.send(other, 'GET', '/key')).text, '{"key":"b64:AAEC"}', 'on another device')
  const stranger = await parties.client('348')
  t.match(await parties.send(stranger, 'GET', '/key'), { status: 404 }, 'but not another user')
  t.match(await parties.send({ ...client, secret: client.keyId }, 'GET', '/key'), refused, 'nor the service')

  t.match(await parties.connect(json.initToken), {
    status: 404,
    json: { errors: [{ descr: 'Unknown init token.' }] },
  })
  t.match(await parties.connect('never given out'), { status: 404 })
})

t.test('Users of two services do not meet, however they are called', async (t) => {
  const parties = await Parties.open(t)
  const other = await Parties.addService(parties.face, 'realservice-2', ['a', 'a/b'])
  const one = await parties.client('b/c', other, 'a')
  const two = await parties.client('c', other, 'a/b')
  await parties.send(one, 'PUT', '/key', 'one')
  t.match(await parties.send(two, 'GET', '/key'), { status: 404 })
  t.match(await parties.connect(await parties.init(), '347', other), {
    status: 403,
    json: { errors: [{ descr: /namespace/ }] },
  })
  const elsewhere = await Parties.addService(
    parties.face,
    'realservice-3',
    ['a'],
    ['192.0.2.0/24', '2001:db8::/32'],
  )
  t.match(
    await parties.connect(await parties.init(), '347', { ...elsewhere, secret: 'wrong' }, 'a'),
    {
      status: 403,
      json: { errors: [{ descr: /address/ }] },
    },
    'before its signature is looked at',
  )
  const here = await Parties.addService(parties.face, 'realservice-4', ['a'], ['127.0.0.0/8'])
  t.match(await parties.connect(await parties.init(), '347', here, 'a'), { status: 200 })
  for (const allowFrom of [[], ['localhost'], ['127.0.0.1/33'], ['127.0.0.1/8/8']]) {
    const body = { keyId: 'x', namespaces: ['a'], allowFrom }
    t.match(await parties.face.admin('POST', '/keyservice/services', { body }), { status: 400 })
  }
  const twice = { keyId: 'realservice-4', namespaces: ['a'], allowFrom: ['::1'] }
  t.match(await parties.face.admin('POST', '/keyservice/services', { body: twice }), { status: 409 })
})

t.test('Whatever is wrong has one text, and a request counts once', async (t) => {
  const parties = await Parties.open(t, { '--keyservice-failures-per-minute': '0' })
  const { face, service } = parties
  const client = await parties.client()
  await parties.send(client, 'PUT', '/key', 'kept')
  const get = (of: Parameters<Parties['send']>[4], by = client) =>
    parties.send(by, 'GET', '/key', undefined, of)
  const now = Date.now()

  const nonce = randomBytes(64).toString('hex')
  t.match(await get({ nonce }), { status: 200 })
  const again = await get({ nonce })
  t.match(again, { ...refused, headers: { 'www-authenticate': 'ss1' } }, 'a replay')
  t.match(await get({ date: dateAt(now - 23.9 * 3_600_000) }), { status: 200 }, 'within a day')
  t.match(await get({ date: dateAt(now + 23.9 * 3_600_000) }), { status: 200 })
  for (const [what, asked] of Object.entries({
    'too old': get({ date: dateAt(now - day - 60_000) }),
    'too young': get({ date: dateAt(now + day + 60_000) }),
    'no date': get({ date: '' }),
    'another secret': get({}, { ...client, secret: service.secret }),
    'an unknown session': get({}, { ...client, keyId: 'nobody' }),
    'another path is signed': get({ path: '/init' }),
    'another method is signed': get({ method: 'PUT' }),
    'another payload is signed': get({ payload: 'x' }),
    'no header': face.ask('GET', '/key', { token: null }),
    'a token of somebody': face.ask('GET', '/key'),
  }))
    t.match(await asked, refused, what)

  const signed = sessionist({ ...client, method: 'GET', path: '/key' })
  const { date, authorization } = signed
  const ask = (headers: Record<string, string>) => face.ask('GET', '/key', { token: null, headers })
  t.match(await ask({ authorization, date: dateAt(now - 1000), 'x-date': date }), refused, 'Date wins')
  t.match(await ask({ authorization, 'x-date': date }), { status: 200 }, 'X-Date in its place')

  const init = await parties.init()
  const body = JSON.stringify({ namespace: 'my_cool_website', userId: '347', initTokenHash: hashOf(init) })
  const connect = (of: Parameters<Parties['send']>[4], by = service) =>
    parties.send(by, 'POST', '/connect', body, of)
  t.match(await connect({}, { ...service, keyId: 'nobody' }), unknown)
  t.match(await connect({}, { ...service, secret: 'x' }), unknown)
  t.match(await connect({ nonce }), { status: 200 }, 'nonces are the key id’s')
  t.match(await connect({ nonce }), unknown, 'a replay')

  await face.admin('PATCH', '/principals/realservice-1', { body: { enabled: false } })
  t.match(await get({}), refused, 'users of a service that is disabled')
  t.match(await connect({}), unknown, 'and itself')
})

t.test('A failure counts the replay as well: what was answered 404 is not asked again', async (t) => {
  const parties = await Parties.open(t)
  const client = await parties.client()
  const nonce = randomBytes(16).toString('hex')
  const get = () => parties.send(client, 'GET', '/key', undefined, { nonce })
  t.match(await get(), { status: 404 })
  await parties.send(client, 'PUT', '/key', 'kept')
  t.match(await get(), refused)
})

t.test('The same request many times at once is answered once', async (t) => {
  const parties = await Parties.open(t, { '--limits-failures': '0' })
  const client = await parties.client()
  await parties.send(client, 'PUT', '/key', 'kept')
  const nonce = randomBytes(16).toString('hex')
  const all = await Promise.all(
    Array.from({ length: 20 }, () => parties.send(client, 'GET', '/key', undefined, { nonce })),
  )
  t.equal(all.filter(({ status }) => status === 200).length, 1)
  t.equal(all.filter(({ status }) => status === 401).length, 19)

  const init = await parties.init()
  const connected = await Promise.all(Array.from({ length: 10 }, () => parties.connect(init)))
  t.equal(connected.filter(({ status }) => status === 200).length, 1, 'an init token is connected once')
})

t.test('What is kept is replaced by whoever has seen it', async (t) => {
  const parties = await Parties.open(t)
  const client = await parties.client()
  const put = (text: string, headers: Record<string, string>) =>
    parties.send(client, 'PUT', '/key', text, { headers })
  const lost = { status: 412, json: { errors: [{ descr: /another/ }] } }
  t.match(await put('a', { 'if-match': '*' }), lost, 'nothing is there')
  const first = await put('a', { 'if-none-match': '*' })
  t.match(first, { status: 200 })
  t.match(await put('b', { 'if-none-match': '*' }), lost)
  const etag = String(first.headers.etag)
  const second = await put('b', { 'if-match': `"x", ${etag}` })
  t.match(second, { status: 200 })
  t.not(second.headers.etag, etag)
  t.match(await put('c', { 'if-match': etag }), lost)
  t.match(await put('c', { 'if-match': `W/${second.headers.etag}` }), lost, 'a weak one matches nothing')
  t.match(await put('c', { 'if-match': 'c' }), { status: 400 })
  t.match(await put('c', { 'if-none-match': etag }), { status: 400 })
  t.equal((await parties.send(client, 'GET', '/key')).text, 'b')
  const racing = await Promise.all(
    Array.from({ length: 8 }, (_, i) => put(`race ${i}`, { 'if-match': String(second.headers.etag) })),
  )
  t.equal(racing.filter(({ status }) => status === 200).length, 1, 'one of many at once')
  const blind = await Promise.all(Array.from({ length: 8 }, (_, i) => put(`blind ${i}`, {})))
  t.same(new Set(blind.map(({ status }) => status)), new Set([200]), 'who does not ask is never refused')
})

t.test('Bodies, methods and paths', async (t) => {
  const parties = await Parties.open(t, { '--keyservice-key-bytes': '1000' })
  const { face, service } = parties
  const client = await parties.client()
  t.match(await parties.send(client, 'PUT', '/key', 'x'.repeat(1001)), {
    status: 413,
    json: { errors: [{ descr: 'Too large.' }] },
  })
  t.match(await parties.send(client, 'PUT', '/key', 'x'.repeat(1000)), { status: 200 })
  t.match(await parties.send(client, 'PUT', '/key', ''), { status: 400 })
  const connect = (body: string) => parties.send(service, 'POST', '/connect', body)
  t.match(await connect('{"namespace":1,"userId":"","more":true}'), {
    status: 400,
    json: {
      errors: [
        { descr: /^namespace/ },
        { descr: /^userId/ },
        { descr: /^initTokenHash/ },
        { descr: 'Unknown data in body payload.' },
      ],
    },
  })
  for (const body of ['', 'x', '[]', 'null']) t.match(await connect(body), { status: 400 }, body)
  const hash = hashOf(await parties.init())
  const other = hash.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  const named = { namespace: 'my_cool_website', userId: '\ud800' }
  t.match(
    await connect(JSON.stringify({ ...named, initTokenHash: hash })),
    { status: 400 },
    'half a character',
  )
  t.match(await connect(JSON.stringify({ ...named, userId: '1', initTokenHash: hash.slice(4) })), {
    status: 400,
  })
  t.match(await connect(JSON.stringify({ ...named, userId: '1', initTokenHash: other })), { status: 200 })

  for (const [method, path, allow] of [
    ['GET', '/init', 'POST'],
    ['PUT', '/connect', 'POST'],
    ['POST', '/key', 'GET, PUT'],
    ['DELETE', '/key', 'GET, PUT'],
    ['OPTIONS', '/key', 'GET, PUT'],
  ])
    t.match(await face.ask(method ?? '', path ?? '', { token: null }), {
      status: 405,
      headers: { allow },
      json: { errors: [{ descr: 'Method Not Allowed' }] },
    })
  t.match(await face.ask('GET', '/key?x=1', { token: null }), { status: 400 }, 'a query')
  for (const path of ['/key/', '/%6bey', '/keyabc'])
    t.match(await face.ask('GET', path, { token: null }), { status: 404 }, path)
  const off = await face.ask('GET', '/openapi.json', { token: null })
  t.ok(off.json.paths['/key'].put, 'it describes itself')
})

t.test('Limits of how often', async (t) => {
  const parties = await Parties.open(t, {
    '--keyservice-inits-per-minute': '3',
    '--keyservice-connects-per-minute': '2',
    '--keyservice-failures-per-minute': '2',
  })
  const slower = { status: 429, headers: { 'retry-after': /^[1-9]\d?$/ }, json: { errors: [{}] } }
  const client = await parties.client()
  const [one, two] = [await parties.init(), await parties.init()]
  t.match(await parties.face.ask('POST', '/init', { token: null }), slower)
  t.match(await parties.connect(one), { status: 200 })
  t.match(await parties.connect(two), slower)
  for (let i = 0; i < 2; i++) t.match(await parties.send({ ...client, secret: 'x' }, 'GET', '/key'), refused)
  t.match(await parties.send(client, 'GET', '/key'), slower)
})

t.test('Everything ends', async (t) => {
  let time = Date.now()
  const parties = await Parties.open(t, {}, { clock: { now: () => time } })
  const send = (by: { keyId: string; secret: string }) =>
    parties.send(by, 'PUT', '/key', 'x', { date: new Date(time).toISOString() })
  const connect = (init: string) => {
    const body = { namespace: 'my_cool_website', userId: '1', initTokenHash: hashOf(init) }
    return parties.send(parties.service, 'POST', '/connect', JSON.stringify(body), { date: dateAt(time) })
  }
  const [one, two] = [await parties.init(), await parties.init()]
  time += 599_000
  const { json } = await connect(one)
  time += 2000
  t.match(await connect(two), { status: 404 }, 'an init token after ten minutes')
  const client = { keyId: json.sessionToken, secret: one }
  time += 7 * day - 3000
  t.match(await send(client), { status: 200 })
  time += 2000
  t.match(await send(client), refused, 'a session after seven days')
})

t.test('Under a path, behind a proxy, for old clients', async (t) => {
  const parties = await Parties.open(t, {
    '--keyservice-path': '/keyservice',
    '--keyservice-unsigned-path': '/keyservice',
    '--keyservice-legacy-status': 'true',
  })
  const { face } = parties
  t.match(await face.ask('POST', '/init', { token: null }), { status: 404 })
  const { json } = await face.ask('POST', '/keyservice/init', { token: null })
  const body = JSON.stringify({
    namespace: 'my_cool_website',
    userId: '1',
    initTokenHash: hashOf(json.initToken),
  })
  const connected = await parties.send(parties.service, 'POST', '/keyservice/connect', body, {
    path: '/connect',
  })
  t.match(connected, { status: 200 })
  const client = { keyId: connected.json.sessionToken, secret: json.initToken }
  t.match(await parties.send(client, 'PUT', '/keyservice/key', 'x', { path: '/key' }), { status: 200 })
  t.match(await parties.send(client, 'PUT', '/keyservice/key', 'x'), {
    status: 400,
    json: { errors: [{ descr: 'Invalid session.' }] },
  })
})

t.test('Pages of some origins', async (t) => {
  const parties = await Parties.open(t, { '--keyservice-cors-origins': 'https://www.example.org' })
  const asked = (method: string, path: string, origin: string) =>
    parties.face.ask(method, path, { token: null, headers: { origin } })
  const { status, headers } = await asked('OPTIONS', '/key', 'https://www.example.org')
  t.equal(status, 204)
  t.match(headers, {
    'access-control-allow-origin': 'https://www.example.org',
    'access-control-allow-methods': 'GET, PUT',
    'access-control-allow-headers': /Authorization.*X-Date/,
    vary: 'Origin',
  })
  const refusal = await asked('GET', '/key', 'https://www.example.org')
  t.match(refusal.headers, { 'access-control-allow-origin': 'https://www.example.org' }, 'of refusals too')
  const evil = await asked('OPTIONS', '/key', 'https://evil.example')
  t.equal(evil.headers['access-control-allow-origin'], undefined)
  t.match(
    await asked('OPTIONS', '/connect', 'https://www.example.org'),
    { status: 405 },
    'no service is a page',
  )
})

t.test('It is off unless it is configured', async (t) => {
  const { face } = await Parties.open(t, { '--faces-keyservice': 'false' })
  for (const [method, path] of [
    ['POST', '/init'],
    ['POST', '/connect'],
    ['GET', '/key'],
  ])
    t.match(await face.ask(method ?? '', path ?? '', { token: null }), { status: 404 })
})
