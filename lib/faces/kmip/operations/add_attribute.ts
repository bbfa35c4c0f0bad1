import type { AttributeName } from '../../../core/index.js'
import { isMortiseError } from '../../../errors/index.js'
import { isAlone } from '../attributes/custom.js'
import { editedIn, instances, writeEdited } from '../attributes/edit.js'
import { refuse } from '../engine/refusal.js'
import { Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf } from './operation.js'

/** KMIP 2.1 section 6.1.2. */
export const addAttribute: KmipOperation = {
  name: 'AddAttribute',
  effect: 'undo',
  async run(request) {
    const { session } = request
    const given = editedIn(request, Tag.NewAttribute)
    // A client does not choose the place of an instance (KMIP 1.4 section 4.14).
    if (given.index !== undefined && given.index !== 0)
      throw refuse('InvalidField', 'the index of a new attribute is chosen here: leave it out')
    const { core, value } = given
    const object = objectOf(request)
    // VAST Data adds one that it has given before.
    const before = isAlone(given.custom)
      ? instances(await session.attributes(object, [core]), given)[0]
      : undefined
    const { id, attributes } = await (before === undefined
      ? session.addAttribute(object, core, value).catch(nameTaken(core))
      : session.modifyAttribute(object, core, value, before))
    const last = instances(attributes, given).length - 1
    return identified(id, {
      write: (writer) => writeEdited(writer, request, attributes, given, last),
      undo: () =>
        before === undefined
          ? session.deleteAttribute(id, core, value)
          : session.modifyAttribute(id, core, before, value),
    })
  },
}

/** KMIP has a reason of its own for a name that there is already, also of the same object. */
function nameTaken(core: AttributeName) {
  return (error: unknown): never => {
    if (core !== 'Name' || !isMortiseError(error, 'MORTISE_ATTRIBUTE_EXISTS')) throw error
    throw refuse('NonUniqueNameAttribute', error.message)
  }
}
