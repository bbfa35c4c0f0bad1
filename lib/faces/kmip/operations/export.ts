import { instancesOf, writeAttributes } from '../attributes/write.js'
import { objectTypeValue, writeObject } from '../objects/write_object.js'
import { Tag } from '../tables/index.js'
import { exportAsked } from './get.js'
import type { KmipOperation } from './operation.js'

/** KMIP 2.1 section 6.1.18: an object with all its attributes. */
export const exportObject: KmipOperation = {
  name: 'Export',
  effect: 'read',
  async run(request) {
    const { session, version } = request
    const { exported, keyFormat, wrapping } = await exportAsked(request)
    const instances = instancesOf(await session.attributes(exported.id), version)
    return {
      object: exported.id,
      secret: exported.material,
      write(writer) {
        writer.enumeration(Tag.ObjectType, objectTypeValue(exported))
        writer.text(Tag.UniqueIdentifier, exported.id)
        writeAttributes(writer, instances, version)
        writeObject(writer, exported, keyFormat, version, wrapping)
      },
    }
  },
}
