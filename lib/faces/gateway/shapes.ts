import Type from 'typebox'

/** What gateways read, with the names that WSO2 has for it. @module */
const text = Type.String()
const whole = Type.Integer()
const texts = Type.Array(text)

const ofApi = {
  uuid: text,
  apiId: whole,
  provider: text,
  name: text,
  version: text,
  context: text,
  policy: text,
  apiType: text,
  status: text,
  isDefaultVersion: Type.Boolean(),
  urlMappings: Type.Array(
    Type.Object({
      urlPattern: text,
      httpMethod: text,
      authScheme: text,
      throttlingPolicy: text,
      scopes: texts,
    }),
  ),
}
export const api = Type.Object(ofApi)
/** With all that it may ask for, beside what its resources do. */
export const writtenApi = Type.Object({ ...ofApi, scopes: texts })

export const application = Type.Object({
  id: whole,
  uuid: text,
  name: text,
  subId: whole,
  subName: text,
  policy: text,
  tokenType: text,
  groupIds: texts,
  attributes: Type.Record(Type.String(), Type.String()),
})

export const keyMapping = Type.Object({
  consumerKey: text,
  keyType: text,
  keyManager: text,
  applicationId: whole,
  applicationUUID: text,
})

export const subscription = Type.Object({
  subscriptionUUId: text,
  subscriptionId: whole,
  policyId: text,
  apiId: whole,
  apiUUId: text,
  appId: whole,
  appUUID: text,
  subscriptionState: text,
  timeStamp: Type.Integer({ description: 'Milliseconds since 1970' }),
})

const ofPolicy = {
  uuid: text,
  id: whole,
  name: text,
  quotaType: Type.String({ description: 'requestCount or bandwidthVolume' }),
  rateLimitCount: whole,
  rateLimitTimeUnit: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
  stopOnQuotaReach: Type.Boolean(),
}
/** Whatever else gateways read of it stands beside. */
export const policy = Type.Object({ ...ofPolicy, tenantId: whole }, { additionalProperties: true })
export const writtenPolicy = Type.Object({
  ...ofPolicy,
  type: Type.String({ description: 'subscription, application or api' }),
  limits: Type.Record(Type.String(), Type.Unknown(), {
    description: 'Whatever else gateways read of it, as they read it: defaultLimit, conditionGroups',
  }),
})

export const scope = Type.Object({
  name: text,
  displayName: text,
  description: text,
  roles: texts,
})
