import type { ObjectOperation } from '../../operation/index.js'
import { states } from '../../operation/index.js'
import { type KeyInfo, keyInfo } from '../info.js'
import type { KeyName } from '../key_names.js'
import type { KeymanagerServices } from '../services.js'

export interface GetKeymanagerKeysInput extends KeyName {
  /** Id of the newest public key of the name. */
  readonly object: string
}

/** All keys that have borne a name, the oldest first, with their certificates. */
export const getKeymanagerKeys: ObjectOperation<
  KeymanagerServices,
  GetKeymanagerKeysInput,
  readonly KeyInfo[]
> = {
  name: 'GetKeymanagerKeys',
  permission: 'Get',
  durability: 'written',
  states,
  purposes: ['keymanager'],
  whileDoomed: true,
  archived: true,
  target: ({ object }) => ({ object }),
  async prepare({ rings }, _actor, { application, reference }, object) {
    const ring = await rings.get({ application, reference })
    const isOf = ring.versions.some(({ publicKey }) => publicKey === object.id)
    return { answer: isOf ? ring.versions.map((version) => keyInfo(ring, version)) : [] }
  },
}
