/** What API gateways are told of, as WSO2's are: APIs, applications and their subscriptions, and whether a call is let through. @module */
export { type AssertionSigner, tenantDomain } from './assertion.js'
export type {
  Api,
  Application,
  GatewayPolicy,
  KeyMapping,
  Subscription,
} from './entities.js'
export type { NewApi } from './new_api.js'
export * from './operations/index.js'
export { forgetOfGateway, type GatewayServices, openGateway } from './services.js'
