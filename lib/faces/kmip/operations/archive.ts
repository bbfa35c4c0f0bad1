import { identified, type KmipOperation, objectOf } from './operation.js'

/** KMIP 2.1 section 6.1.4. */
export const archive: KmipOperation = {
  name: 'Archive',
  effect: 'undo',
  async run(request) {
    const { session } = request
    const { id } = await session.archive(objectOf(request))
    return identified(id, { undo: () => session.recover(id) })
  },
}
