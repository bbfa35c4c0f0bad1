import type { AuditDetail, SystemOperation } from '../../operation/index.js'
import { checkedKey } from '../checks.js'
import type { Api } from '../entities.js'
import { type NewApi, newApi, scopeRows } from '../new_api.js'
import type { GatewayServices } from '../services.js'
import { type Keyed, listing, reading } from './reading.js'

/**
 * Registers an API with its resources, and with the scopes that are its own.
 *
 * @throws MORTISE_GATEWAY_EXISTS, MORTISE_INPUT_INVALID (also for a scope that there is none of)
 */
export const registerApi: SystemOperation<GatewayServices, NewApi, Api> = {
  name: 'RegisterApi',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, _actor, input) {
    const { gateways } = services
    const { number, row } = await gateways.newNumber()
    const api = newApi(checkedKey('the id of an API', input.uuid), number, input)
    const records = [
      row,
      ...(await gateways.apis.add(api)),
      ...(await scopeRows(services, api, input.scopes)),
    ]
    return { answer: api, rows: { records }, detail: apiDetail(api) }
  },
}

/**
 * Puts an API in the place of the one of this id: what is not given has its default.
 *
 * @throws MORTISE_GATEWAY_NOT_FOUND, MORTISE_GATEWAY_EXISTS, MORTISE_INPUT_INVALID
 */
export const setApi: SystemOperation<GatewayServices, Omit<NewApi, 'uuid'> & Keyed, Api> = {
  name: 'SetApi',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, _actor, { key, ...input }) {
    const { apis } = services.gateways
    const before = await apis.read(key)
    const api = newApi(key, before.value.apiId, input)
    const records = [...(await apis.change(before, api)), ...(await scopeRows(services, api, input.scopes))]
    return { answer: api, rows: { records }, detail: apiDetail(api) }
  },
}

/** Removes an API with its own scopes, and what applications have subscribed of it. @throws MORTISE_GATEWAY_NOT_FOUND */
export const removeApi: SystemOperation<GatewayServices, Keyed, Api> = {
  name: 'RemoveApi',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ gateways, registeredScopes }, _actor, { key }) {
    const { apis, subscriptions } = gateways
    const before = await apis.read(key)
    const scopes = await registeredScopes.of(key)
    const records = [
      ...apis.remove(before),
      ...scopes.map((scope) => registeredScopes.remove(scope)),
      ...(await subscriptions.removeAll('api', key)),
    ]
    return { answer: before.value, rows: { records }, detail: apiDetail(before.value) }
  },
}

export const getApi = reading('GetApi', ({ apis }) => apis)
export const listApis = listing('ListApis', ({ apis }) => apis)

function apiDetail({ uuid, name, context, version }: Api): AuditDetail {
  return { api: uuid, name, context, version }
}
