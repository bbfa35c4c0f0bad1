import type { AuditDetail, SystemOperation } from '../../operation/index.js'
import { checkedKey, checkedLabel, oneOf } from '../checks.js'
import type { GatewayDirectory } from '../directory.js'
import { type KeyMapping, keyTypes } from '../entities.js'
import type { GatewayServices } from '../services.js'
import { type Keyed, listing, reading } from './reading.js'

export interface NewKeyMapping extends Pick<KeyMapping, 'consumerKey' | 'applicationUUID'> {
  /** One of PRODUCTION and SANDBOX. Default PRODUCTION. */
  readonly keyType?: string
  /** Default `Resident Key Manager`, as WSO2 calls the one that it is set up with. */
  readonly keyManager?: string
}

/** Says of which application an OAuth client is. @throws MORTISE_GATEWAY_EXISTS, MORTISE_GATEWAY_NOT_FOUND, MORTISE_INPUT_INVALID */
export const addKeyMapping: SystemOperation<GatewayServices, NewKeyMapping, KeyMapping> = {
  name: 'AddKeyMapping',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ gateways }, _actor, input) {
    const mapping = await newKeyMapping(gateways, input)
    const records = await gateways.keyMappings.add(mapping)
    return { answer: mapping, rows: { records }, detail: mappingDetail(mapping) }
  },
}

/** Puts a mapping in the place of that of this consumer key. @throws MORTISE_GATEWAY_NOT_FOUND, MORTISE_INPUT_INVALID */
export const setKeyMapping: SystemOperation<
  GatewayServices,
  Omit<NewKeyMapping, 'consumerKey'> & Keyed,
  KeyMapping
> = {
  name: 'SetKeyMapping',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ gateways }, _actor, { key, ...input }) {
    const before = await gateways.keyMappings.read(key)
    const mapping = await newKeyMapping(gateways, { ...input, consumerKey: key })
    const records = await gateways.keyMappings.change(before, mapping)
    return { answer: mapping, rows: { records }, detail: mappingDetail(mapping) }
  },
}

/** @throws MORTISE_GATEWAY_NOT_FOUND */
export const removeKeyMapping: SystemOperation<GatewayServices, Keyed, KeyMapping> = {
  name: 'RemoveKeyMapping',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare({ gateways: { keyMappings } }, _actor, { key }) {
    const before = await keyMappings.read(key)
    const records = keyMappings.remove(before)
    return { answer: before.value, rows: { records }, detail: mappingDetail(before.value) }
  },
}

export const getKeyMapping = reading('GetKeyMapping', ({ keyMappings }) => keyMappings)
export const listKeyMappings = listing('ListKeyMappings', ({ keyMappings }) => keyMappings)

async function newKeyMapping({ applications }: GatewayDirectory, input: NewKeyMapping): Promise<KeyMapping> {
  const { consumerKey, applicationUUID, keyType = 'PRODUCTION', keyManager = 'Resident Key Manager' } = input
  const { id } = (await applications.read(applicationUUID)).value
  return {
    consumerKey: checkedKey('a consumer key', consumerKey),
    keyType: oneOf('a keyType', keyTypes, keyType),
    keyManager: checkedLabel('a key manager', keyManager),
    applicationId: id,
    applicationUUID,
  }
}

function mappingDetail({ consumerKey, keyType, applicationUUID }: KeyMapping): AuditDetail {
  return { client: consumerKey, keyType, application: applicationUUID }
}
