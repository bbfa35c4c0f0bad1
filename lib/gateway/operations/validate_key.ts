import { expiryOf, type JudgedToken, requireClientOrManager } from '../../access/index.js'
import type { AuditDetail, SystemOperation } from '../../operation/index.js'
import { type AssertionSigner, tenantDomain } from '../assertion.js'
import type { Api, Application, KeyMapping, Subscription, UrlMapping } from '../entities.js'
import { plainVersion, resourceKey } from '../new_api.js'
import type { GatewayServices } from '../services.js'

const second = 1000

/** Why a call is not let through: the numbers of WSO2's APIConstants. */
export const validationStatus = {
  general: 900900,
  invalidCredentials: 900901,
  missingCredentials: 900902,
  expired: 900903,
  inactive: 900904,
  wrongTokenType: 900905,
  noResource: 900906,
  blocked: 900907,
  forbidden: 900908,
  subscriptionInactive: 900909,
  invalidScope: 900910,
  unavailable: 900912,
} as const
export type ValidationStatus = (typeof validationStatus)[keyof typeof validationStatus]

/** A call that a gateway asks about. */
export interface ValidateKeyInput {
  /** Empty: the call has none. */
  readonly accessToken: string
  /** `/pizza`; with the version behind it as well. */
  readonly context: string
  /** `1.0.0`; `_default_1.0.0` where the caller has not named one. */
  readonly version: string
  /** The template: `/order/{id}`. */
  readonly matchingResource: string
  readonly httpVerb: string
  /** What the gateway asks of the token beyond what the resource does: `Application`, `Application User`, `Any` or `None`. Default Any. */
  readonly requiredAuthenticationLevel?: string
  /** What the backend is told, or null for nothing. */
  readonly assertion: AssertionOptions | null
}

/** How backends are told who calls. */
export interface AssertionOptions {
  /** What stands before the names of claims. */
  readonly dialect: string
  signer(): Promise<AssertionSigner>
}

/** A call that is let through. */
export interface ValidKey {
  readonly authorized: true
  readonly token: JudgedToken
  readonly userType: 'APPLICATION' | 'APPLICATION_USER'
  /** With the tenant. */
  readonly endUser: string
  readonly api: Api
  readonly application: Application
  readonly mapping: KeyMapping
  readonly subscription: Subscription
  /** Of the subscription's policy. */
  readonly limits: {
    readonly rateLimitCount: number
    readonly rateLimitTimeUnit: string | null
    readonly stopOnQuotaReach: boolean
    readonly contentAware: boolean
  }
  /** JWT for the backend, or null. */
  readonly assertion: string | null
}

export type KeyValidation = ValidKey | { readonly authorized: false; readonly status: ValidationStatus }

/**
 * Whether a gateway lets a call through: the token, its kind, the resource, the subscription and its state, the scopes, in this order.
 * Everything is looked up as it is now, from memory where it is known. For every OAuth client, and for who may manage tokens.
 *
 * @throws MORTISE_ACCESS_DENIED
 */
export const validateKey: SystemOperation<GatewayServices, ValidateKeyInput, KeyValidation> = {
  name: 'ValidateKey',
  permission: 'SelfManage',
  durability: 'written',
  async prepare(services, actor, input) {
    await requireClientOrManager(services, actor)
    const answer = await validation(services, input)
    return { answer, detail: detailOf(answer) }
  },
}

async function validation(services: GatewayServices, input: ValidateKeyInput): Promise<KeyValidation> {
  const { clock, gateways, tokenJudge } = services
  const { accessToken, assertion } = input
  if (accessToken === '') return refused('missingCredentials')
  const judged = await tokenJudge.judge(accessToken)
  if (!judged.active) {
    if (judged.reason !== 'unknown') return refused(judged.reason)
    // Those that have expired are kept for seconds.
    return refused(clock.now() < expiryOf(accessToken) * second ? 'invalidCredentials' : 'expired')
  }
  const { token } = judged
  const userType = token.claims.aut
  if (!suits(userType, input.requiredAuthenticationLevel)) return refused('wrongTokenType')

  const api = await apiOf(services, input)
  if (!api) return refused('forbidden')
  const resource = resourcesOf(api).get(
    resourceKey({ urlPattern: input.matchingResource, httpMethod: input.httpVerb.toUpperCase() }),
  )
  if (!resource) return refused('noResource')
  if (!suits(userType, resource.authScheme)) return refused('wrongTokenType')

  const mapping = await gateways.keyMappings.get(token.claims.client_id)
  const application = mapping && (await gateways.applications.get(mapping.applicationUUID))
  const subscription = application && (await gateways.subscriptions.named(api.uuid, application.uuid))
  if (!mapping || !application || !subscription) return refused('forbidden')
  const state = refusedState(subscription, mapping)
  if (state) return refused(state)

  if (!allows(resource, token)) return refused('invalidScope')
  const policy = await gateways.policies.named('subscription', subscription.policyId)
  const { rateLimitCount = 0, rateLimitTimeUnit = null, stopOnQuotaReach = true } = policy ?? {}
  const contentAware = policy?.quotaType === 'bandwidthVolume'
  const name = userType === 'APPLICATION' ? application.subName : token.claims.preferred_username
  const endUser = `${name}@${tenantDomain}`
  const facts = { api, application, mapping, subscription, userType, endUser }
  return {
    authorized: true,
    token,
    ...facts,
    limits: { rateLimitCount, rateLimitTimeUnit, stopOnQuotaReach, contentAware },
    assertion:
      assertion &&
      (await services.assertions.of(
        `${token.id}/${api.uuid}`,
        {
          ...facts,
          user: userType === 'APPLICATION' ? {} : await services.userDirectory.claims(token.principal),
        },
        assertion.dialect,
        clock.now(),
        assertion.signer,
      )),
  }
}

function refused(reason: keyof typeof validationStatus): KeyValidation {
  return { authorized: false, status: validationStatus[reason] }
}

/** Whether a token of a kind is what is asked for. */
function suits(userType: ValidKey['userType'], level = 'Any'): boolean {
  const asked = level.replaceAll('_', ' ').toLowerCase()
  if (asked === 'application') return userType === 'APPLICATION'
  return asked !== 'application user' || userType === 'APPLICATION_USER'
}

async function apiOf(
  { gateways: { apis } }: GatewayServices,
  { context, version }: ValidateKeyInput,
): Promise<Api | undefined> {
  const plain = plainVersion(version)
  const found = await apis.named(context, plain)
  const behind = `/${plain}`
  if (found || !context.endsWith(behind)) return found
  return apis.named(context.slice(0, -behind.length), plain)
}

const resources = new WeakMap<Api, ReadonlyMap<string, UrlMapping>>()

/** Put together once for as long as the API is in memory. */
function resourcesOf(api: Api): ReadonlyMap<string, UrlMapping> {
  const known = resources.get(api)
  if (known) return known
  const made = new Map(api.urlMappings.map((one) => [resourceKey(one), one]))
  resources.set(api, made)
  return made
}

function refusedState(
  { subscriptionState }: Subscription,
  { keyType }: KeyMapping,
): 'blocked' | 'subscriptionInactive' | undefined {
  if (subscriptionState === 'BLOCKED') return 'blocked'
  if (subscriptionState === 'PROD_ONLY_BLOCKED' && keyType !== 'SANDBOX') return 'blocked'
  const isInactive = subscriptionState === 'ON_HOLD' || subscriptionState === 'REJECTED'
  return isInactive ? 'subscriptionInactive' : undefined
}

/** A resource without scopes needs none; of several one suffices. */
function allows({ scopes }: UrlMapping, { claims }: JudgedToken): boolean {
  if (scopes.length === 0) return true
  const has = claims.scope.split(' ')
  return scopes.some((one) => has.includes(one))
}

function detailOf(answer: KeyValidation): AuditDetail {
  if (!answer.authorized) return { authorized: false, status: answer.status }
  const { token, api, application } = answer
  return {
    ...{ authorized: true, token: token.id, principal: token.principal, client: token.claims.client_id },
    ...{ api: api.uuid, application: application.uuid },
  }
}

/** Milliseconds since 1970 when a token was given out, and how many it is good. */
export function periodOf({ claims: { iat, exp } }: JudgedToken) {
  return { issuedTime: iat * second, validityPeriod: (exp - iat) * second }
}
