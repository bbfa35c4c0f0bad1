import type { AttributesAnswer, AttributeValues } from '../../../core/index.js'
import { readNames } from '../attributes/read.js'
import { instancesOf, writeAttributes } from '../attributes/write.js'
import { identified, type KmipOperation, objectOf } from './operation.js'

/** KMIP 2.1 section 6.1.20. */
export const getAttributes: KmipOperation = {
  name: 'GetAttributes',
  effect: 'read',
  async run(request) {
    const { payload, session, version } = request
    const named = readNames(payload, version)
    // Which ones an object may have depends on its type.
    const wanted = named?.flatMap(({ core }) => (core === undefined ? [] : [core])).concat('ObjectType')
    const object = objectOf(request)
    const answer = await session.getAttributes(object, wanted && [...new Set(wanted)])
    const { id } = answer
    const instances = instancesOf(withCount(answer), version, named)
    return identified(id, { write: (writer) => writeAttributes(writer, instances, version) })
  },
}

/** KMIP has what is left of usage limits among them. */
function withCount({ attributes, usageLeft }: AttributesAnswer): AttributeValues {
  const limits = attributes.UsageLimits
  if (usageLeft === undefined || typeof limits !== 'object') return attributes
  return { ...attributes, UsageLimits: { ...limits, left: usageLeft } }
}
