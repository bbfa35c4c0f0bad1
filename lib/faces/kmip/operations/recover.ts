import { identified, type KmipOperation, objectOf } from './operation.js'

/** KMIP 2.1 section 6.1.42. */
export const recover: KmipOperation = {
  name: 'Recover',
  effect: 'undo',
  async run(request) {
    const { session } = request
    const { id } = await session.recover(objectOf(request))
    return identified(id, { undo: () => session.archive(id) })
  },
}
