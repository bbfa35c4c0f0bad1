/** The three parties: a real browser, a real service of its own, and a keyservice, all of them on origins of their own. */
import { once } from 'node:events'
import { accessSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import {
  type ConnectInput,
  connectUser,
  KeyserviceClient,
  KeyserviceError,
} from '../../lib/keyservice-client/index.js'
import { Served, temporary } from '../80-server/house.js'

const executablePath = ['/usr/bin/chromium', '/usr/local/bin/chromium'].find((path) => {
  try {
    accessSync(path)
    return true
  } catch {
    return false
  }
})
const options = executablePath ? {} : { skip: 'Chromium is not installed: apt-get install chromium' }
const modules = new URL('../../lib/keyservice-client/', import.meta.url)

/** What the real service is told by its own pages, and what it has kept of it all. */
class RealService {
  readonly heard: string[] = []
  readonly #connect: (input: ConnectInput) => Promise<string>

  constructor(connect: (input: ConnectInput) => Promise<string>) {
    this.#connect = connect
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name = ''] = /^\/client\/(\w+\.js)$/.exec(request.url ?? '') ?? []
    if (name !== '') {
      response.setHeader('content-type', 'text/javascript').end(readFileSync(new URL(name, modules)))
    } else if (request.url === '/connect') {
      const body = await text(request)
      this.heard.push(body)
      const { initTokenHash } = JSON.parse(body) as { initTokenHash: string }
      // Who has logged in is no affair of this test's.
      response.end(await this.#connect({ namespace: 'site', userId: '347', initTokenHash }))
    } else
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>the real service</title>')
  }
}

async function listening(t: Test, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** In the page: what a client does after its user has logged in. */
const begin = `
  const { KeyserviceClient } = await import('/client/index.js')
  const client = new KeyserviceClient({ url })
  const { initToken, initTokenHash } = await client.init()
  const answer = await fetch('/connect', { method: 'POST', body: JSON.stringify({ initTokenHash }) })
  const session = client.session(initToken, await answer.text())
`
const inPage = <T>(page: Page, url: string, code: string): Promise<T> =>
  page.evaluate(`(async (url) => { ${begin} ${code} })(${JSON.stringify(url)})`)

async function house(t: Test) {
  let service: RealService | undefined
  const site = await listening(t, (request, response) => void service?.answer(request, response))
  const elsewhere = await listening(t, (request, response) => void service?.answer(request, response))
  const flags = [
    '--faces-keyservice',
    'true',
    '--keyservice-cors-origins',
    site,
    '--keyservice-path',
    '/keys',
  ]
  const server = await Served.start(t, await temporary(t), flags)
  const input = { keyId: 'site', namespaces: ['site'], allowFrom: ['127.0.0.1'] }
  const credentials = await (await server.ask('POST', '/admin/v1/keyservice/services', input)).json()
  const location = { url: `${server.url}/keys/` }
  service = new RealService((connecting) =>
    connectUser(location, credentials as { keyId: string; secret: string }, connecting),
  )
  return { site, elsewhere, location, service, credentials, url: location.url }
}

t.test('A page keeps its key, and finds it in another browser', options, async (t) => {
  const { site, elsewhere, service, url } = await house(t)
  const chrome = await chromium.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox'] })
  t.teardown(() => chrome.close())
  const open = async (at: string) => {
    const page = await (await chrome.newContext()).newPage()
    await page.goto(at)
    return page
  }
  const first = await inPage<{ none: boolean; etag: string; token: string }>(
    await open(site),
    url,
    `const none = (await session.get()) === undefined
     const etag = await session.put(new Uint8Array([0, 1, 255]), { ifNone: true })
     return { none, etag, token: initToken }`,
  )
  t.match(first, { none: true, etag: /^"[0-9a-f-]{36}\.1"$/ })
  const second = await inPage<object>(
    await open(site),
    url,
    `const { key, etag } = await session.get()
     const next = await session.put(new TextEncoder().encode('another'), { ifMatch: etag })
     const late = await session.put(key, { ifMatch: etag }).catch(({ name, status, message }) => ({ name, status, message }))
     const now = new TextDecoder().decode((await session.get()).key)
     return { key: [...key], etag, next, late, now }`,
  )
  t.match(second, {
    key: [0, 1, 255],
    etag: first.etag,
    next: /^"[0-9a-f-]{36}\.2"$/,
    late: { name: 'KeyserviceError', status: 412, message: 'The key is another one.' },
    now: 'another',
  })
  t.notOk(service.heard.join().includes(first.token), 'the real service is told a hash')
  const failure = await inPage(await open(elsewhere), url, 'return 1').catch((error: Error) => error.message)
  t.match(failure, /Failed to fetch/, 'pages of other origins cannot ask')
})

t.test('The client in Node, and what is refused', async (t) => {
  const { location, credentials, site } = await house(t)
  const service = credentials as { keyId: string; secret: string }
  const client = new KeyserviceClient(location)
  const { initToken, initTokenHash } = await client.init()
  const connecting = { namespace: 'site', userId: 'ann', initTokenHash }
  const refusal = (status: number) => ({ name: 'KeyserviceError', status, retryAfter: null })
  await t.rejects(connectUser(location, { ...service, secret: 'x' }, connecting), refusal(401))
  await t.rejects(connectUser(location, service, { ...connecting, namespace: 'other' }), refusal(403))
  const session = client.session(initToken, await connectUser(location, service, connecting))
  await t.rejects(connectUser(location, service, connecting), refusal(404))
  t.equal(await session.get(), undefined)
  const key = crypto.getRandomValues(new Uint8Array(1000))
  const etag = await session.put(key)
  t.same(await session.get(), { key, etag })
  await t.rejects(client.session('x', 'y').get(), { ...refusal(401), message: 'Invalid session.' })
  const nowhere = new KeyserviceClient({ url: site }).init()
  t.notOk((await nowhere.catch((error) => error)) instanceof KeyserviceError, 'who answers something else')
})
