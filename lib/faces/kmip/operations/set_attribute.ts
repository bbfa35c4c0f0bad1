import { editedIn, instances } from '../attributes/edit.js'
import { Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf } from './operation.js'

/** KMIP 2.1 section 6.1.51. */
export const setAttribute: KmipOperation = {
  name: 'SetAttribute',
  effect: 'undo',
  async run(request) {
    const { session } = request
    const given = editedIn(request, Tag.NewAttribute)
    const object = objectOf(request)
    const [before] = instances(await session.attributes(object, [given.core]), given)
    const { id } = await session.setAttribute(object, given.core, given.value)
    return identified(id, {
      undo: () =>
        before === undefined
          ? session.deleteAttribute(id, given.core)
          : session.setAttribute(id, given.core, before),
    })
  },
}
