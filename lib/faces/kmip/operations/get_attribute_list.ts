import { instancesOf, writeNames } from '../attributes/write.js'
import { identified, type KmipOperation, objectOf } from './operation.js'

/** KMIP 2.1 section 6.1.21. */
export const getAttributeList: KmipOperation = {
  name: 'GetAttributeList',
  effect: 'read',
  async run(request) {
    const { session, version } = request
    const { id, attributes } = await session.getAttributes(objectOf(request))
    const instances = instancesOf(attributes, version)
    return identified(id, { write: (writer) => writeNames(writer, instances, version) })
  },
}
