import { objectTypeOf } from '../attributes/read.js'
import { refuse } from '../engine/refusal.js'
import { structure } from '../fields.js'
import { newObject } from '../objects/new_object.js'
import { objectTypes, readObject } from '../objects/read_object.js'
import { foundIn, registerRead } from '../objects/register.js'
import { ruled } from '../objects/rules.js'
import { attributesOfTemplate, saidIn } from '../objects/template.js'
import { enumerations, isKnown, Tag } from '../tables/index.js'
import type { ValueRow } from '../tables/rows.js'
import { identified, type KmipOperation } from './operation.js'

/** KMIP 2.1 section 6.1.43. */
export const register: KmipOperation = {
  name: 'Register',
  effect: 'undo',
  async run(request) {
    const { payload, session, version } = request
    const type = objectTypes.name(objectTypeOf(payload))
    const row = (enumerations.ObjectType as Readonly<Record<string, ValueRow>>)[type ?? '']
    if (type === undefined || !row || !isKnown(row, version))
      throw refuse('InvalidField', `KMIP ${version} has no such Object Type`)
    const within =
      type === 'Template' ? attributesOfTemplate(payload.required(Tag.Template, structure), version) : []
    const said = [...(await saidIn(request)), ...within]
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
