import type { AuditDetail, SystemOperation } from '../../operation/index.js'
import { checkedKey, checkedLabel, invalid, oneOf, unlimited } from '../checks.js'
import { type Subscription, subscriptionStates } from '../entities.js'
import type { GatewayServices } from '../services.js'
import { type Keyed, listing, reading } from './reading.js'

export interface NewSubscription extends Pick<Subscription, 'apiUUId' | 'appUUID'> {
  /** Default a new UUID. */
  readonly subscriptionUUId?: string
  /** Name of a subscription policy. Default Unlimited. */
  readonly policyId?: string
  /** One of {@link subscriptionStates}. Default UNBLOCKED. */
  readonly subscriptionState?: string
}

/** Lets an application call an API. @throws MORTISE_GATEWAY_EXISTS, MORTISE_GATEWAY_NOT_FOUND, MORTISE_INPUT_INVALID */
export const addSubscription: SystemOperation<GatewayServices, NewSubscription, Subscription> = {
  name: 'AddSubscription',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ gateways, clock }, _actor, input) {
    const { apiUUId, appUUID } = input
    const { number, row } = await gateways.newNumber()
    const [api, application] = await Promise.all([
      gateways.apis.read(apiUUId),
      gateways.applications.read(appUUID),
    ])
    const subscription: Subscription = {
      subscriptionUUId: checkedKey('the id of a subscription', input.subscriptionUUId),
      subscriptionId: number,
      apiId: api.value.apiId,
      apiUUId,
      appId: application.value.id,
      appUUID,
      ...terms(input),
      timeStamp: clock.now(),
    }
    const records = [row, ...(await gateways.subscriptions.add(subscription))]
    return { answer: subscription, rows: { records }, detail: subscriptionDetail(subscription) }
  },
}

/** Says how an application may call an API. @throws MORTISE_GATEWAY_NOT_FOUND, MORTISE_INPUT_INVALID */
export const setSubscription: SystemOperation<
  GatewayServices,
  Partial<Omit<NewSubscription, 'subscriptionUUId'>> & Keyed,
  Subscription
> = {
  name: 'SetSubscription',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ gateways: { subscriptions }, clock }, _actor, { key, apiUUId, appUUID, ...input }) {
    const before = await subscriptions.read(key)
    const { value } = before
    if ((apiUUId ?? value.apiUUId) !== value.apiUUId || (appUUID ?? value.appUUID) !== value.appUUID)
      throw invalid('a subscription stays of its application to its API: remove it, and add another one')
    const subscription = { ...value, ...terms(input, value), timeStamp: clock.now() }
    const records = await subscriptions.change(before, subscription)
    return { answer: subscription, rows: { records }, detail: subscriptionDetail(subscription) }
  },
}

/** @throws MORTISE_GATEWAY_NOT_FOUND */
export const removeSubscription: SystemOperation<GatewayServices, Keyed, Subscription> = {
  name: 'RemoveSubscription',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ gateways: { subscriptions } }, _actor, { key }) {
    const before = await subscriptions.read(key)
    const records = subscriptions.remove(before)
    return { answer: before.value, rows: { records }, detail: subscriptionDetail(before.value) }
  },
}

export const getSubscription = reading('GetSubscription', ({ subscriptions }) => subscriptions)
export const listSubscriptions = listing('ListSubscriptions', ({ subscriptions }) => subscriptions)

type Terms = Pick<Subscription, 'policyId' | 'subscriptionState'>

function terms(
  { policyId, subscriptionState }: Pick<NewSubscription, 'policyId' | 'subscriptionState'>,
  before: Terms = { policyId: unlimited, subscriptionState: 'UNBLOCKED' },
): Terms {
  return {
    policyId: checkedLabel('the policy of a subscription', policyId ?? before.policyId),
    subscriptionState: oneOf(
      'the state of a subscription',
      subscriptionStates,
      subscriptionState ?? before.subscriptionState,
    ),
  }
}

function subscriptionDetail(one: Subscription): AuditDetail {
  const { subscriptionUUId, apiUUId, appUUID, subscriptionState, policyId } = one
  return {
    ...{ subscription: subscriptionUUId, api: apiUUId, application: appUUID },
    ...{ state: subscriptionState, policy: policyId },
  }
}
