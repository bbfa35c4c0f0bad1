import { attributesTags, objectTypeOf, readAttributes } from '../attributes/read.js'
import { refuse } from '../engine/refusal.js'
import { newObject } from '../objects/new_object.js'
import { objectTypes, readObject } from '../objects/read_object.js'
import { foundIn, registerRead } from '../objects/register.js'
import { ruled } from '../objects/rules.js'
import { identified, type KmipOperation } from './operation.js'

/** KMIP 2.1 section 6.1.41. */
export const register: KmipOperation = {
  name: 'Register',
  effect: 'undo',
  async run(request) {
    const { payload, session, version } = request
    const type = objectTypes.name(objectTypeOf(payload))
    if (type === undefined) throw refuse('InvalidField', 'nobody knows the Object Type')
    const said = readAttributes(payload, attributesTags, version)
    const read = readObject(payload, type, version)
    try {
      const made = newObject(await ruled(request, type, said, foundIn(read)))
      const { id } = await registerRead(session, read, made)
      return identified(id, { made: { Register: id }, undo: () => session.destroy(id) })
    } finally {
      read.material.fill(0)
    }
  },
}
