import { identified, type KmipOperation, objectOf } from './operation.js'

/** KMIP 2.1 section 6.1.14. */
export const destroy: KmipOperation = {
  name: 'Destroy',
  effect: 'final',
  async run(request) {
    const { id } = await request.session.destroy(objectOf(request))
    return identified(id)
  },
}
