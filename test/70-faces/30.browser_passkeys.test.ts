/** Passkeys of a real browser: Chromium with its virtual authenticators, on pages of localhost, against a real server. */
import { once } from 'node:events'
import { accessSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { Served, temporary } from '../80-server/house.js'

const executablePath = ['/usr/bin/chromium', '/usr/local/bin/chromium'].find(isThere)
const password = 'a password for tests'
const refused = { status: 401, json: { code: 'MORTISE_AUTH_REQUIRED' } }

function isThere(path: string): boolean {
  try {
    accessSync(path)
    return true
  } catch {
    return false
  }
}

/** A page that does nothing; the tests do everything in it. */
async function servePage(t: Test): Promise<number> {
  const pages = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>passkeys</title>')
  })
  pages.listen(0, 'localhost')
  await once(pages, 'listening')
  t.teardown(() => pages.close())
  return (pages.address() as AddressInfo).port
}

/** A browser with one authenticator, on a page. */
class Browser {
  readonly page: Page
  readonly #cdp: CDPSession
  #authenticator = ''

  private constructor(page: Page, cdp: CDPSession) {
    this.page = page
    this.#cdp = cdp
  }

  static async open(context: BrowserContext, url: string): Promise<Browser> {
    const page = await context.newPage()
    await page.goto(url)
    const browser = new Browser(page, await context.newCDPSession(page))
    await browser.#cdp.send('WebAuthn.enable')
    await browser.newAuthenticator()
    return browser
  }

  async newAuthenticator(): Promise<void> {
    const { authenticatorId } = await this.#cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
      },
    })
    this.#authenticator = authenticatorId
  }

  verifiesUser(isUserVerified: boolean): Promise<unknown> {
    return this.#cdp.send('WebAuthn.setUserVerified', {
      authenticatorId: this.#authenticator,
      isUserVerified,
    })
  }

  /** Puts the counter of every passkey back, as a copy of the authenticator from before would have it. */
  async setCounter(signCount: number): Promise<void> {
    const authenticatorId = this.#authenticator
    const { credentials } = await this.#cdp.send('WebAuthn.getCredentials', { authenticatorId })
    for (const credential of credentials) {
      const { credentialId } = credential
      await this.#cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId })
      await this.#cdp.send('WebAuthn.addCredential', {
        authenticatorId,
        credential: { ...credential, signCount },
      })
    }
  }

  create(options: object): Promise<object> {
    return this.#call(`navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(options)})
    })`)
  }

  get(options: object): Promise<object> {
    return this.#call(`navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options)})
    })`)
  }

  #call(expression: string): Promise<object> {
    return this.page.evaluate(`${expression}.then((credential) => credential.toJSON())`)
  }
}

/** The admin API as one user has it. */
class User {
  readonly #url: string
  readonly name: string
  token: string | undefined

  constructor(url: string, name: string, token?: string) {
    this.#url = `${url}/admin/v1`
    this.name = name
    this.token = token
  }

  async ask(method: string, path: string, body?: object) {
    const response = await fetch(this.#url + path, {
      method,
      headers: {
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text) }
  }

  /** Logs in with the password alone. */
  async enter(): Promise<void> {
    const { json } = await this.ask('POST', '/login', { name: this.name, password })
    this.token = json.token
  }

  async enrol(browser: Browser, change: object = {}) {
    const { json: creation } = await this.ask('POST', '/me/factors/passkey')
    const registration = await browser.create({ ...creation, ...change })
    return this.ask('POST', '/me/factors/passkey/finish', {
      challenge: creation.challenge,
      registration,
      label: 'c',
    })
  }

  /** What the password is answered with, as options of `navigator.credentials.get`. */
  async asked(): Promise<{
    challenge: string
    rpId: string
    allowCredentials: { type: string; id: string }[]
  }> {
    const { json } = await this.ask('POST', '/login', { name: this.name, password })
    const { challenge, rpId, credentials } = json.details
    const allowCredentials = credentials.map((id: string) => ({ type: 'public-key', id }))
    return { challenge, rpId, allowCredentials }
  }

  answer(challenge: string, passkey: object) {
    return this.ask('POST', '/login/factor', { challenge, passkey })
  }

  /** Without a name or a password. */
  async alone(browser: Browser, userVerification = 'required') {
    const { json } = await this.ask('POST', '/login/passkey')
    const { challenge, rpId } = json
    return this.answer(challenge, await browser.get({ challenge, rpId, userVerification }))
  }
}

async function build(t: Test) {
  const [port, elsewhere] = [await servePage(t), await servePage(t)]
  const origins = [`http://localhost:${port}`, `http://sub.localhost:${port}`]
  const env = { MORTISE_PASSKEYS_RP_ID: 'localhost', MORTISE_PASSKEYS_ORIGINS: origins.join(',') }
  const server = await Served.start(t, await temporary(t), [], env)
  const admin = new User(server.url, 'admin', await server.token())
  const register = async (name: string) => {
    await admin.ask('POST', '/principals', { name })
    await admin.ask('PUT', `/principals/${name}/password`, { password })
    const user = new User(server.url, name)
    await user.enter()
    return user
  }
  const chrome = await chromium.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox'] })
  t.teardown(() => chrome.close())
  const open = async (url = `http://localhost:${port}`) => Browser.open(await chrome.newContext(), url)
  return { admin, register, open, port, elsewhere }
}

const options = executablePath ? {} : { skip: 'Chromium is not installed: apt-get install chromium' }

t.test('a passkey of a browser is enrolled and logs in, beside a password and alone', options, async (t) => {
  const { admin, register, open } = await build(t)
  const [ann, browser] = [await register('ann'), await open()]
  t.match(await ann.enrol(browser), { status: 201, json: { method: 'passkey', label: 'c' } })
  await t.rejects(ann.enrol(browser), /InvalidStateError/, 'the browser knows that it is enrolled')

  const asked = await ann.asked()
  t.equal(asked.rpId, 'localhost')
  await browser.verifiesUser(false)
  const passkey = await browser.get({ ...asked, userVerification: 'discouraged' })
  t.match(await ann.answer(asked.challenge, passkey), { status: 200, json: { token: /^mrt_/ } })
  t.match(await ann.answer(asked.challenge, passkey), refused, 'once')

  await browser.verifiesUser(true)
  const { status, json } = await ann.alone(browser)
  t.equal(status, 200)
  ann.token = json.token
  t.match(await ann.ask('GET', '/me'), { json: { name: 'ann' } })

  const policy = { principals: ['ann'], methods: ['passkey'], stepUp: ['Create'], minutes: 1 }
  t.match(await admin.ask('PUT', '/factor-policies/keys', policy), { status: 200 })
  t.match(await ann.ask('POST', '/keys', { algorithm: 'AES' }), { status: 201 })
  const { json: again } = await ann.ask('POST', '/me/step-up/challenge')
  t.match(again, { methods: ['passkey'], rpId: 'localhost', credentials: [/./] })
  const { challenge, rpId } = again
  const proof = { challenge, passkey: await browser.get({ challenge, rpId }) }
  t.match(await ann.ask('POST', '/me/step-up', proof), { status: 200, json: { method: 'passkey' } })
  t.match(await ann.ask('POST', '/me/step-up', proof), refused, 'once')
})

t.test('what a browser signs for somebody or somewhere else is refused', options, async (t) => {
  const { register, open, port, elsewhere } = await build(t)
  const [ann, eve] = [await register('ann'), await register('eve')]
  const [browser, hers] = [await open(), await open()]
  await ann.enrol(browser)
  await eve.enrol(hers)

  const asked = await ann.asked()
  const { challenge, rpId } = asked
  const assertion = await browser.get(asked)
  const other = await ann.asked()
  t.match(await ann.answer(other.challenge, assertion), refused, 'another challenge')
  t.match(await ann.answer(challenge, await hers.get({ challenge, rpId })), refused, 'another user’s passkey')
  t.match(await ann.answer(challenge, assertion), { status: 200 })
  t.match(await ann.answer(challenge, assertion), refused, 'a replay')

  t.match(await ann.alone(browser, 'discouraged'), refused, 'nobody was verified')
  t.match(await ann.alone(browser), { status: 200 })

  await browser.page.goto(`http://localhost:${elsewhere}`)
  t.match(await ann.alone(browser), refused, 'another origin of the same host')
  await browser.page.goto(`http://localhost:${port}`)
  t.match(await ann.alone(browser), { status: 200 })

  await browser.setCounter(0)
  t.match(await ann.alone(browser), refused, 'the counter has gone back')
  await browser.setCounter(1000)
  t.match(await ann.alone(browser), { status: 200 })
})

t.test('nor is a passkey registered that belongs elsewhere', options, async (t) => {
  const { register, open, port, elsewhere } = await build(t)
  const ann = await register('ann')
  const invalid = { status: 400, json: { code: 'MORTISE_INPUT_INVALID' } }
  const sub = await open(`http://sub.localhost:${port}`)
  t.match(await ann.enrol(sub, { rp: { id: 'sub.localhost', name: 'x' } }), invalid, 'another relying party')
  t.match(await ann.enrol(await open(`http://localhost:${elsewhere}`)), invalid, 'another origin')
  t.match(await ann.ask('GET', '/me/factors'), { json: { factors: [] } })
})
