/** What gateways are told of, as WSO2's read it from /internal/data/v1: with the names that it has there. @module */

/** How a resource is called. */
export const authTypes = ['None', 'Application', 'Application User', 'Any'] as const
export type AuthType = (typeof authTypes)[number]

/** One resource of an API. */
export interface UrlMapping {
  /** `/order/{id}` */
  readonly urlPattern: string
  /** In capitals. */
  readonly httpMethod: string
  readonly authScheme: AuthType
  /** Name of an API policy. */
  readonly throttlingPolicy: string
  /** One of them suffices; none are needed where there are none. */
  readonly scopes: readonly string[]
}

export interface Api {
  readonly uuid: string
  readonly apiId: number
  readonly provider: string
  readonly name: string
  readonly version: string
  /** `/pizza`: what is common to all of its URLs, without the version. */
  readonly context: string
  /** Name of an API policy. */
  readonly policy: string
  readonly apiType: string
  readonly status: string
  readonly isDefaultVersion: boolean
  /** All that it may ask for, whether a resource does or not. */
  readonly scopes: readonly string[]
  readonly urlMappings: readonly UrlMapping[]
}

export interface Application {
  readonly id: number
  readonly uuid: string
  readonly name: string
  readonly subId: number
  /** Who subscribes: a user of the developer portal. */
  readonly subName: string
  /** Name of an application policy. */
  readonly policy: string
  readonly tokenType: string
  readonly groupIds: readonly string[]
  readonly attributes: Readonly<Record<string, string>>
}

export const keyTypes = ['PRODUCTION', 'SANDBOX'] as const
export type KeyType = (typeof keyTypes)[number]

/** An OAuth client of an application. */
export interface KeyMapping {
  /** `client_id`. */
  readonly consumerKey: string
  readonly keyType: KeyType
  readonly keyManager: string
  readonly applicationId: number
  readonly applicationUUID: string
}

export const subscriptionStates = [
  'UNBLOCKED',
  'BLOCKED',
  'PROD_ONLY_BLOCKED',
  'ON_HOLD',
  'REJECTED',
  'TIER_UPDATE_PENDING',
] as const
export type SubscriptionState = (typeof subscriptionStates)[number]

/** That an application may call an API. */
export interface Subscription {
  readonly subscriptionUUId: string
  readonly subscriptionId: number
  /** Name of a subscription policy. */
  readonly policyId: string
  readonly apiId: number
  readonly apiUUId: string
  readonly appId: number
  readonly appUUID: string
  readonly subscriptionState: SubscriptionState
  /** Milliseconds since 1970 when it was last changed. */
  readonly timeStamp: number
}

export const policyTypes = ['subscription', 'application', 'api'] as const
export type GatewayPolicyType = (typeof policyTypes)[number]

/** How much may be asked: gateways count, here it is kept for them. */
export interface GatewayPolicy {
  readonly uuid: string
  readonly id: number
  readonly type: GatewayPolicyType
  readonly name: string
  /** `requestCount` or `bandwidthVolume`. */
  readonly quotaType: string
  /** What a subscription may ask at once; 0 for any. */
  readonly rateLimitCount: number
  readonly rateLimitTimeUnit: string | null
  readonly stopOnQuotaReach: boolean
  /** Whatever else gateways read of a policy: limits, conditions. */
  readonly limits: Readonly<Record<string, unknown>>
}
