import { refuse } from '../engine/refusal.js'
import { enumerated } from '../fields.js'
import { enumeration, Tag } from '../tables/index.js'
import type { KmipOperation } from './operation.js'

const EndpointRole = enumeration('EndpointRole')

/** KMIP 2.1 section 6.1.54: the server stays one. What it has to tell its clients it tells those that listen (Notify and Put). */
export const setEndpointRole: KmipOperation = {
  name: 'SetEndpointRole',
  effect: 'read',
  async run({ payload }) {
    const role = payload.required(Tag.EndpointRole, enumerated)
    if (role !== EndpointRole.Server)
      throw refuse('FeatureNotSupported', 'this end of the connection stays the server')
    return { write: (writer) => writer.enumeration(Tag.EndpointRole, role) }
  },
}
