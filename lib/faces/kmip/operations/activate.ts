import { identified, type KmipOperation, objectOf } from './operation.js'

/** KMIP 2.1 section 6.1.1. */
export const activate: KmipOperation = {
  name: 'Activate',
  effect: 'undo',
  async run(request) {
    const { session } = request
    const { id, activated } = await session.activate(objectOf(request))
    return identified(id, { undo: () => session.cancelActivation(id, String(activated)) })
  },
}
