import { editedIn, givenIn, instances, settable, writeEdited } from '../attributes/edit.js'
import { isSeveral } from '../attributes/several.js'
import { refuse } from '../engine/refusal.js'
import { Tag } from '../tables/index.js'
import { isTwo } from '../version.js'
import { identified, type KmipOperation, objectOf } from './operation.js'

/** KMIP 2.1 section 6.1.34. */
export const modifyAttribute: KmipOperation = {
  name: 'ModifyAttribute',
  effect: 'undo',
  async run(request) {
    const { session, version } = request
    const given = editedIn(request, Tag.NewAttribute)
    const current = isTwo(version) ? givenIn(request, Tag.CurrentAttribute) : undefined
    const object = objectOf(request)
    const { core, value, index = 0 } = given
    const before = instances(await session.attributes(object, [core]), given)
    const replaced = current ? settable(current).value : before[index]
    if (replaced === undefined)
      throw refuse(
        index > 0 ? 'AttributeInstanceNotFound' : 'AttributeNotFound',
        'the object has no such attribute',
      )
    const one = isSeveral(core) ? replaced : undefined
    const { id, attributes } = await session.modifyAttribute(object, core, value, one)
    return identified(id, {
      write: (writer) => writeEdited(writer, request, attributes, given, index),
      undo: () => session.modifyAttribute(id, core, replaced, one === undefined ? undefined : value),
    })
  },
}
