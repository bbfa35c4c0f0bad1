import { givenIn, instances, settable } from '../attributes/edit.js'
import { type NamedAttribute, namedByReference, namedByText } from '../attributes/read.js'
import { isSeveral } from '../attributes/several.js'
import { instancesOf, writeAttribute } from '../attributes/write.js'
import { refuse } from '../engine/refusal.js'
import { integer, text } from '../fields.js'
import { Tag } from '../tables/index.js'
import { isTwo } from '../version.js'
import { identified, type KmipOperation, objectOf, type Request } from './operation.js'

/** KMIP 2.1 section 6.1.13: one instance, or in 2.x all of them where the attribute is only referred to. */
export const deleteAttribute: KmipOperation = {
  name: 'DeleteAttribute',
  effect: 'undo',
  async run(request) {
    const { session, version } = request
    const { named, wanted } = whatTo(request)
    const { core } = named
    if (core === undefined) throw refuse('UnsupportedAttribute', 'this attribute is not kept here')
    const object = objectOf(request)
    const values = await session.attributes(object, [core])
    const before = instances(values, named)
    const gone = wanted(before)
    if (gone.length === 0) throw refuse('AttributeNotFound', 'the object has no such attribute')
    let id = object
    for (const value of gone)
      id = (await session.deleteAttribute(object, core, isSeveral(core) ? value : undefined)).id
    const [first] = gone
    const shown = instancesOf(values, version, [named]).find(({ index }) => before[index] === first)
    return identified(id, {
      write(writer) {
        if (!isTwo(version) && shown) writeAttribute(writer, shown)
      },
      undo: async () => {
        for (const value of gone) await session.addAttribute(id, core, value)
      },
    })
  },
}

type Instances = ReturnType<typeof instances>

/** The attribute, and which of its instances are to go. */
function whatTo(request: Request): { named: NamedAttribute; wanted: (before: Instances) => Instances } {
  const { payload, version } = request
  if (!isTwo(version)) {
    const index = payload.optional(Tag.AttributeIndex, integer) ?? 0
    const named = namedByText(payload.required(Tag.AttributeName, text), version)
    return { named, wanted: (before) => before.slice(index, index + 1) }
  }
  const current = givenIn(request, Tag.CurrentAttribute)
  if (current) return { named: current, wanted: () => [settable(current).value] }
  const [item] = payload.message.children(payload.item, Tag.AttributeReference)
  if (item === undefined) throw refuse('InvalidMessage', 'the attribute is missing')
  return { named: namedByReference(payload, item, version), wanted: (before) => before }
}
