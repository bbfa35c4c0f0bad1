import Type from 'typebox'
import {
  type AssertionSettings,
  type KeyValidation,
  periodOf,
  tenantDomain,
  validationStatus,
} from '../../core/index.js'
import { isMortiseError } from '../../errors/index.js'
import type { App, Log } from '../http/index.js'

const text = Type.Optional(Type.String())
const whole = Type.Optional(Type.Integer())
const yes = Type.Optional(Type.Boolean())
const nothing = Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'] }))

const call = Type.Object({
  accessToken: text,
  context: Type.String({ description: '/pizza' }),
  version: Type.String(),
  matchingResource: Type.String({ description: 'The template: /order/{id}' }),
  httpVerb: Type.String(),
  requiredAuthenticationLevel: Type.Optional(
    Type.String({
      description: 'None, Application, Application User or Any; default what the resource asks',
    }),
  ),
})
const answer = Type.Object({
  authorized: Type.Boolean(),
  validationStatus: Type.Integer({ description: '0, or why not: 900900 to 900912' }),
  consumerKey: text,
  type: text,
  userType: text,
  endUserName: text,
  endUserToken: Type.Optional(Type.String({ description: 'JWT for the backend' })),
  subscriber: text,
  tier: text,
  applicationId: text,
  applicationUUID: text,
  applicationName: text,
  applicationTier: text,
  apiName: text,
  apiVersion: text,
  apiPublisher: text,
  apiTier: text,
  scopes: Type.Optional(Type.Array(Type.String())),
  issuedTime: whole,
  validityPeriod: whole,
  spikeArrestLimit: whole,
  spikeArrestUnit: nothing,
  stopOnQuotaReach: yes,
  contentAware: yes,
  throttlingDataList: Type.Optional(Type.Array(Type.String())),
  subscriberTenantDomain: text,
})

/** The one question that gateways ask with every call which they have not asked about lately. */
export function validationRoutes(app: App, log: Log, assertion: AssertionSettings | null): void {
  app.post(
    '/api/km/v1/validate-key',
    {
      schema: {
        tags: ['gateway'],
        operationId: 'validateKey',
        summary: 'Whether a call is let through: token, level, resource, subscription, scopes',
        body: call,
        response: { 200: answer },
      },
    },
    async (request) => {
      const { accessToken = '', requiredAuthenticationLevel, ...rest } = request.body
      const level = requiredAuthenticationLevel !== undefined && { requiredAuthenticationLevel }
      try {
        return told(await request.session.validateKey({ ...rest, accessToken, ...level }, assertion))
      } catch (error) {
        if (isMortiseError(error) && error.status < 500) throw error
        log.error({ err: error, request: request.id }, 'a key could not be validated')
        const isUnavailable = isMortiseError(error) && error.status === 503
        return refusal(isUnavailable ? validationStatus.unavailable : validationStatus.general)
      }
    },
  )
}

function refusal(status: number) {
  return { authorized: false, validationStatus: status }
}

function told(answer: KeyValidation) {
  if (!answer.authorized) return refusal(answer.status)
  const { token, userType, endUser, api, application, mapping, subscription, limits, assertion } = answer
  return {
    authorized: true,
    validationStatus: 0,
    consumerKey: mapping.consumerKey,
    type: mapping.keyType,
    userType,
    endUserName: endUser,
    ...(assertion !== null && { endUserToken: assertion }),
    subscriber: application.subName,
    tier: subscription.policyId,
    applicationId: String(application.id),
    applicationUUID: application.uuid,
    applicationName: application.name,
    applicationTier: application.policy,
    apiName: api.name,
    apiVersion: api.version,
    apiPublisher: api.provider,
    apiTier: api.policy,
    scopes: token.claims.scope.split(' '),
    ...periodOf(token),
    spikeArrestLimit: limits.rateLimitCount,
    spikeArrestUnit: limits.rateLimitTimeUnit,
    stopOnQuotaReach: limits.stopOnQuotaReach,
    contentAware: limits.contentAware,
    throttlingDataList: ['api_level_throttling_key'],
    subscriberTenantDomain: tenantDomain,
  }
}
