import type { AuditDetail, SystemOperation } from '../../operation/index.js'
import { checkedKey, checkedLabel, invalid, oneOf } from '../checks.js'
import { type GatewayPolicy, policyTypes } from '../entities.js'
import type { GatewayServices } from '../services.js'
import { type Keyed, listing, reading } from './reading.js'

/** Bytes. */
const longestLimits = 65_536

export interface NewGatewayPolicy extends Pick<GatewayPolicy, 'type' | 'name'> {
  /** Default a new UUID. */
  readonly uuid?: string
  /** Default `requestCount`. */
  readonly quotaType?: string
  /** Default 0. */
  readonly rateLimitCount?: number
  /** Default null. */
  readonly rateLimitTimeUnit?: string | null
  /** Default true. */
  readonly stopOnQuotaReach?: boolean
  /** At most 64 KiB as JSON. Default empty. */
  readonly limits?: GatewayPolicy['limits']
}

/** Adds a policy that gateways count by. @throws MORTISE_GATEWAY_EXISTS, MORTISE_INPUT_INVALID */
export const addGatewayPolicy: SystemOperation<GatewayServices, NewGatewayPolicy, GatewayPolicy> = {
  name: 'AddGatewayPolicy',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ gateways }, _actor, input) {
    const { number, row } = await gateways.newNumber()
    const policy = newPolicy(checkedKey('the id of a policy', input.uuid), number, input)
    const records = [row, ...(await gateways.policies.add(policy))]
    return { answer: policy, rows: { records }, detail: policyDetail(policy) }
  },
}

/**
 * Puts a policy in the place of the one of this id: what is not given has its default.
 *
 * @throws MORTISE_GATEWAY_NOT_FOUND, MORTISE_GATEWAY_EXISTS, MORTISE_INPUT_INVALID
 */
export const setGatewayPolicy: SystemOperation<
  GatewayServices,
  Omit<NewGatewayPolicy, 'uuid' | 'type'> & Keyed,
  GatewayPolicy
> = {
  name: 'SetGatewayPolicy',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ gateways: { policies } }, _actor, { key, ...input }) {
    const before = await policies.read(key)
    const { id, type } = before.value
    const policy = newPolicy(key, id, { ...input, type })
    const records = await policies.change(before, policy)
    return { answer: policy, rows: { records }, detail: policyDetail(policy) }
  },
}

/** Removes a policy: what names it has no limits from then on. @throws MORTISE_GATEWAY_NOT_FOUND */
export const removeGatewayPolicy: SystemOperation<GatewayServices, Keyed, GatewayPolicy> = {
  name: 'RemoveGatewayPolicy',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ gateways: { policies } }, _actor, { key }) {
    const before = await policies.read(key)
    return {
      answer: before.value,
      rows: { records: policies.remove(before) },
      detail: policyDetail(before.value),
    }
  },
}

export const getGatewayPolicy = reading('GetGatewayPolicy', ({ policies }) => policies)
export const listGatewayPolicies = listing('ListGatewayPolicies', ({ policies }) => policies)

function newPolicy(uuid: string, id: number, input: NewGatewayPolicy): GatewayPolicy {
  const { type, name, quotaType = 'requestCount', rateLimitCount = 0, rateLimitTimeUnit = null } = input
  const { stopOnQuotaReach = true, limits = {} } = input
  if (!Number.isSafeInteger(rateLimitCount) || rateLimitCount < 0)
    throw invalid('the rate limit of a policy is a whole number')
  if (Buffer.byteLength(JSON.stringify(limits)) > longestLimits)
    throw invalid('the limits of a policy have at most 64 KiB as JSON')
  return {
    uuid,
    id,
    type: oneOf('the type of a policy', policyTypes, type),
    name: checkedLabel('the name of a policy', name),
    quotaType: checkedLabel('the quota type of a policy', quotaType),
    rateLimitCount,
    rateLimitTimeUnit: rateLimitTimeUnit === null ? null : checkedLabel('a time unit', rateLimitTimeUnit),
    stopOnQuotaReach,
    limits,
  }
}

function policyDetail({ uuid, type, name }: GatewayPolicy): AuditDetail {
  return { policy: uuid, type, name }
}
