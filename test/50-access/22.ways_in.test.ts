import t, { type Test } from 'tap'
import { stepAt, totpCode } from '../../lib/access/factors/totp.js'
import {
  type Credentials,
  type GrantablePermission,
  isMortiseError,
  type Session,
  type UserChanges,
} from '../../lib/index.js'
import { make, makeAuthority } from '../15-x509/authority.js'
import { TestClock } from '../support/clock.js'
import { Issuer } from '../support/issuer.js'
import { KeyHouse } from '../support/key_house.js'
import { pem, subject } from '../support/tls_clients.js'
import { secretOf } from '../support/totp.js'

/**
 * One table: in whatever way somebody comes in, whatever its account says, wherever its rights come from and whatever state the
 * key is in. What must come of it is said by the models below, which know nothing of how it is decided.
 */

t.setTimeout(300_000)

const day = 86_400_000
/** Of certificates: a day on either side of now, which is when the issuer's tokens are of. */
const validity = {
  notBefore: utcTime(new Date(Date.now() - day)),
  notAfter: utcTime(new Date(Date.now() + day)),
}
const door = { face: 'test', request: '1' }
const password = 'correct horse battery staple'
const refused = 'MORTISE_AUTH_REQUIRED'

const ways = [
  'host',
  'password',
  'password and code',
  'session of a password',
  'refreshed session',
  'API token',
  'JWT',
  'certificate',
] as const
type Way = (typeof ways)[number]

/** What somebody's account says, and what comes of it. Who is in already stays in, unless it is nobody any more. */
interface Standing {
  readonly changes: UserChanges
  readonly locked?: true
  /** Whom it lets in, of those without a second factor. */
  readonly admits: readonly Way[]
  readonly may: boolean
}

const stays = ['host', 'session of a password', 'refreshed session', 'API token'] as const
const standings: Readonly<Record<string, Standing>> = {
  'as it was made': { changes: {}, admits: ways, may: true },
  disabled: { changes: { enabled: false }, admits: [], may: true },
  expired: { changes: { expires: 1 }, admits: [], may: true },
  'to change its password': { changes: { passwordChangeRequired: true }, admits: ways, may: false },
  locked: { changes: {}, locked: true, admits: [...stays, 'JWT', 'certificate'], may: true },
  'with passwords alone': {
    changes: { methods: ['password'] },
    admits: [...stays, 'password', 'password and code'],
    may: true,
  },
  'with JWTs alone': { changes: { methods: ['oidc'] }, admits: [...stays, 'JWT'], may: true },
  'without logins': { changes: { methods: [] }, admits: stays, may: true },
}

/** Of a key of somebody else's, but for the owner. Roles let nobody use a key. */
const sources: Readonly<Record<string, readonly GrantablePermission[]>> = {
  nothing: [],
  ownership: ['GetAttributes', 'Encrypt', 'Decrypt'],
  'a role': ['Get', 'GetAttributes'],
  'a role of a group': ['Get', 'GetAttributes'],
  'a grant': ['GetAttributes', 'Encrypt'],
  'a grant to a group': ['GetAttributes', 'Decrypt'],
  'a grant to everyone': ['Encrypt'],
}

const states = ['PreActive', 'Active', 'Deactivated', 'Compromised', 'Destroyed'] as const
const uses: Readonly<
  Record<
    'GetAttributes' | 'Encrypt' | 'Decrypt',
    {
      readonly in: readonly string[]
      readonly use: (me: Session, key: string, sealed: Buffer) => Promise<unknown>
    }
  >
> = {
  GetAttributes: { in: states, use: (me, key) => me.attributes(key) },
  Encrypt: { in: ['Active'], use: (me, key) => me.encrypt(key, Buffer.from('text')) },
  Decrypt: {
    in: ['Active', 'Deactivated', 'Compromised'],
    use: (me, key, sealed) => me.decrypt(key, sealed),
  },
}

function utcTime(date: Date): string {
  return `${date
    .toISOString()
    .replaceAll(/[-T:]|\..*/g, '')
    .slice(2)}Z`
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    return isMortiseError(error) ? error.code : String(error)
  }
}

interface Key {
  readonly id: string
  readonly sealed: Buffer
}
type Keys = Readonly<Record<string, Key>>

/** A key in each state, and what it has encrypted. */
async function keysOf(owner: Session): Promise<Keys> {
  const keys: Record<string, Key> = {}
  for (const state of states) {
    const { id } = await owner.createKey({
      algorithm: 'AES',
      ...(state === 'PreActive' && { activate: false }),
    })
    const sealed = state === 'PreActive' ? Buffer.alloc(64) : await owner.encrypt(id, Buffer.from('text'))
    if (state === 'Deactivated' || state === 'Destroyed') await owner.revoke(id)
    if (state === 'Compromised') await owner.revoke(id, 'KeyCompromise')
    if (state === 'Destroyed') await owner.destroy(id)
    keys[state] = { id, sealed }
  }
  return keys
}

/** Somebody, with every way in that there could be. */
interface Person {
  readonly name: string
  readonly keys: Keys
  readonly token: string
  readonly session: string
  readonly refresh: string
  readonly jwt: string
  readonly chain: readonly Uint8Array[]
  readonly secret: Buffer | null
}

class Place {
  readonly house: KeyHouse
  readonly #clock: TestClock
  readonly #admin: Session
  readonly #issuer: Issuer
  readonly #root = makeAuthority('root', validity)
  /** By where the right comes from. */
  readonly #keys: Record<string, Keys> = {}

  private constructor(house: KeyHouse, clock: TestClock, admin: Session, issuer: Issuer) {
    this.house = house
    this.#clock = clock
    this.#admin = admin
    this.#issuer = issuer
  }

  static async build(t: Test): Promise<Place> {
    const clock = new TestClock(new Date().toISOString())
    const house = await KeyHouse.build(t, { clock, scheduler: false })
    const place = new Place(house, clock, await house.administrator(), await Issuer.start(t))
    await place.#furnish()
    return place
  }

  async settle(
    name: string,
    source: string,
    { changes, locked }: Standing,
    factor: boolean,
  ): Promise<Person> {
    const admin = this.#admin
    const email = `${name}@example.org`
    const common = subject(['2.5.4.3', name])
    const { id } = await admin.createPrincipal({
      ...{ name, password, email, certificateSubject: `CN=${name}` },
      roles: source === 'a role' ? ['reader'] : [],
    })
    await admin.linkIdentity({ principal: id, connection: 'corp', subject: name })
    if (source === 'a role of a group') await admin.addMember('readers', id)
    if (source === 'a grant to a group') await admin.addMember('granted', id)
    const me = await this.house.km.as(name)
    const keys = source === 'ownership' ? await keysOf(me) : (this.#keys[source] as Keys)
    const keeper = await this.house.km.as('keeper')
    if (source === 'a grant') {
      for (const key of Object.values(keys)) {
        if (key !== keys['Destroyed'])
          await keeper.grant(key.id, { principal: id }, ['GetAttributes', 'Encrypt'])
      }
    }
    const token = (await me.createToken()).text
    const entered = await this.house.km.authenticate({ name, password }, door)
    const { token: access, refreshToken } = await entered.logIn({ refresh: {} })
    const secret = factor ? await this.#enrol(me) : null
    if (locked) await outcomeOf(this.house.km.authenticate({ name, password: 'wrong' }, door))
    else await admin.setPrincipal(id, changes)
    return {
      ...{ name, keys, token, secret, session: access.text, refresh: refreshToken?.text ?? '' },
      jwt: await this.#issuer.token({ claims: { sub: name } }),
      chain: [make({ subject: common, issuer: this.#root, ...validity }).der],
    }
  }

  /** Comes in. @throws what the gate does */
  async enter(person: Person, way: Way): Promise<Session> {
    const { km } = this.house
    const { name, token, jwt, chain } = person
    const with_ = (credentials: Credentials) => km.authenticate(credentials, door)
    switch (way) {
      case 'host':
        return km.as(name)
      case 'password':
        return with_({ name, password })
      case 'password and code':
        return this.#withCode(person)
      case 'session of a password':
        return with_({ token: person.session })
      case 'refreshed session':
        return with_({ token: (await km.refresh({ refreshToken: person.refresh }, door)).token.text })
      case 'API token':
        return with_({ token })
      case 'JWT':
        return with_({ token: jwt })
      case 'certificate':
        return with_({ chain })
    }
  }

  async #withCode(person: Person): Promise<Session> {
    const { km } = this.house
    try {
      return await km.authenticate({ name: person.name, password }, door)
    } catch (error) {
      if (!isMortiseError(error, 'MORTISE_AUTH_FACTOR_REQUIRED')) throw error
      const { challenge } = error.details as { challenge: string }
      this.#clock.pass(30_000)
      const totp = totpCode(person.secret ?? Buffer.alloc(0), stepAt(this.#clock.now()))
      return km.authenticate({ challenge, totp }, door)
    }
  }

  async #enrol(me: Session): Promise<Buffer> {
    const { id, uri } = await me.enrolTotp({ label: 'phone' })
    const secret = secretOf(uri)
    await me.confirmTotp(id, totpCode(secret, stepAt(this.#clock.now())))
    return secret
  }

  async #furnish(): Promise<void> {
    const admin = this.#admin
    await admin.setPasswordPolicy('global', { lockoutThresholds: [60] })
    await admin.createRole({ name: 'reader', objects: ['Get', 'GetAttributes'] })
    await admin.createGroup({ name: 'readers', roles: ['reader'] })
    await admin.createGroup({ name: 'granted' })
    const settings = { issuer: this.#issuer.url, audiences: ['mortise'] }
    await admin.createConnection({ name: 'corp', kind: 'oidc', settings })
    const authorities = pem(this.#root.der)
    await admin.createConnection({ name: 'clients', kind: 'certificate', settings: { authorities } })
    const keeper = await this.house.as('keeper')
    for (const source of Object.keys(sources)) {
      const keys = await keysOf(keeper)
      this.#keys[source] = keys
      for (const [state, { id }] of Object.entries(keys)) {
        if (state === 'Destroyed') continue
        if (source === 'a grant to a group')
          await keeper.grant(id, { group: 'granted' }, ['GetAttributes', 'Decrypt'])
        if (source === 'a grant to everyone') await keeper.grant(id, { everyone: true }, ['Encrypt'])
      }
    }
  }
}

/** What must come of coming in. */
function entry(way: Way, { admits }: Standing, factor: boolean): string {
  if (!admits.includes(way)) return refused
  return factor && way === 'password' ? 'MORTISE_AUTH_FACTOR_REQUIRED' : 'done'
}

/** What must come of using a key. */
function use(permission: keyof typeof uses, source: string, state: string, { may }: Standing): string {
  if (!may) return 'MORTISE_AUTH_PASSWORD_CHANGE_REQUIRED'
  // Grants are of keys that could be used.
  const has = state === 'Destroyed' && source.includes('grant') ? [] : (sources[source] ?? [])
  if (has.length === 0) return 'MORTISE_KEY_NOT_FOUND'
  if (!has.includes(permission)) return 'MORTISE_ACCESS_DENIED'
  return uses[permission].in.includes(state) ? 'done' : 'MORTISE_KEY_STATE'
}

for (const factor of [false, true]) {
  t.test(`every way in, ${factor ? 'with' : 'without'} a second factor`, async (t) => {
    const place = await Place.build(t)
    const wrong: string[] = []
    let [entered, used] = [0, 0]
    for (const [said, standing] of Object.entries(standings)) {
      for (const source of Object.keys(sources)) {
        const name = `${said}, ${source}`.replaceAll(/[ ,]+/g, '-')
        const person = await place.settle(name, source, standing, factor)
        for (const way of ways) {
          entered++
          const coming = place.enter(person, way)
          const came = await outcomeOf(coming)
          if (came !== entry(way, standing, factor)) wrong.push(`${said} by ${way}: ${came}`)
          if (came !== 'done') continue
          const me = await coming
          for (const permission of ['GetAttributes', 'Encrypt', 'Decrypt'] as const) {
            for (const state of states) {
              used++
              const { id, sealed } = person.keys[state] as Key
              const got = await outcomeOf(uses[permission].use(me, id, sealed))
              if (got !== use(permission, source, state, standing))
                wrong.push(`${permission} on ${state} through ${source}, ${said}, by ${way}: ${got}`)
            }
          }
        }
      }
    }
    t.strictSame([...new Set(wrong)], [])
    t.equal(entered, ways.length * Object.keys(standings).length * Object.keys(sources).length)
    t.ok(used > 3000, `${used} uses`)
  })
}
