import { alongWith } from './cascade.js'
import { identified, type KmipOperation, objectOf } from './operation.js'

/** KMIP 2.1 section 6.1.15. */
export const destroy: KmipOperation = {
  name: 'Destroy',
  effect: 'final',
  async run(request) {
    const { session } = request
    const { id } = await session.destroy(objectOf(request))
    for (const other of await alongWith(request, id))
      if (!(await session.get(other)).state.startsWith('Destroyed')) await session.destroy(other)
    return identified(id)
  },
}
