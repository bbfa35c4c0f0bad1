import { randomUUID } from 'node:crypto'
import type { Api, Application, KeyMapping, Subscription } from './entities.js'
import { claimName, type UserClaims } from './user_claims.js'

const cachedAssertions = 10_000
const second = 1000
/** Seconds that one is given out again, and that it is good beyond: gateways keep it as long as what goes with it. */
const kept = 900
const overlap = 60

/** What signs what is said to backends. */
export interface AssertionSigner {
  /** JOSE's name. */
  readonly alg: string
  /** Of the header, besides `typ` and `alg`. */
  readonly header: Readonly<Record<string, string>>
  sign(message: Uint8Array): Promise<Buffer>
}

/** What is said of a call. */
export interface AssertionFacts {
  readonly api: Api
  readonly application: Application
  readonly mapping: KeyMapping
  readonly subscription: Subscription
  readonly userType: 'APPLICATION' | 'APPLICATION_USER'
  /** With the tenant. */
  readonly endUser: string
  readonly user: UserClaims
}

interface Assertion {
  /** What it says, but for when. */
  readonly said: string
  readonly text: string
  /** Milliseconds since 1970 until which it is given out again. */
  readonly until: number
}

/** The tenant that WSO2 has before others are made. */
export const tenantDomain = 'carbon.super'
const tenantId = '-1234'
const issuer = 'wso2.org/products/am'

/** Never said by the directory. */
const reserved: ReadonlySet<string> = new Set([
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'application', 'tierInfo', 'subscribedAPIs'],
])

/** What backends are told of who calls (X-JWT-Assertion): one for each token and API, given out again while nothing that it says has changed. */
export class Assertions {
  /** The oldest first. */
  readonly #known = new Map<string, Assertion>()

  /**
   * @param place of the token and the API
   * @param now milliseconds since 1970
   * @param signer asked for where one is made, or its key may be another one
   */
  async of(
    place: string,
    facts: AssertionFacts,
    dialect: string,
    now: number,
    signer: () => Promise<AssertionSigner>,
  ): Promise<string> {
    const claims = claimsOf(facts, dialect)
    const said = JSON.stringify(claims)
    const known = this.#known.get(place)
    if (known && known.said === said && now < known.until) return known.text
    const { alg, header, sign } = await signer()
    const iat = Math.floor(now / second)
    const times = { exp: iat + kept + overlap, iat, jti: randomUUID() }
    const signed = `${encoded({ typ: 'JWT', alg, ...header })}.${encoded({ ...claims, ...times })}`
    const text = `${signed}.${(await sign(Buffer.from(signed))).toString('base64url')}`
    this.#known.delete(place)
    this.#known.set(place, { said, text, until: now + kept * second })
    const [oldest] = this.#known.keys()
    if (this.#known.size > cachedAssertions && oldest !== undefined) this.#known.delete(oldest)
    return text
  }
}

function claimsOf(facts: AssertionFacts, dialect: string): Record<string, unknown> {
  const { api, application, mapping, subscription, userType, endUser, user } = facts
  const told: Record<string, unknown> = {
    subscriber: application.subName,
    applicationid: String(application.id),
    applicationname: application.name,
    applicationtier: application.policy,
    apiname: api.name,
    apicontext: `${api.context}/${api.version}`,
    version: api.version,
    tier: subscription.policyId,
    keytype: mapping.keyType,
    usertype: userType,
    enduser: endUser,
    enduserTenantId: tenantId,
    applicationUUId: application.uuid,
    ...(Object.keys(application.attributes).length > 0 && { applicationAttributes: application.attributes }),
  }
  const claims: Record<string, unknown> = { iss: issuer }
  for (const [name, value] of Object.entries(told)) claims[claimName(dialect, name)] = value
  for (const [name, value] of Object.entries(user)) {
    const full = claimName(dialect, name)
    if (!reserved.has(full) && !Object.hasOwn(claims, full)) claims[full] = saidAs(name, value)
  }
  return claims
}

/** What looks like JSON is said as that, and roles one by one. */
function saidAs(name: string, value: string): unknown {
  if (name === 'role') return value.split(',')
  if (!value.startsWith('{') && !value.startsWith('["')) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
