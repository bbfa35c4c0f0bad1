import type { SystemOperation } from '../operation/index.js'
import type { Services } from './services.js'

export interface StoreInfo {
  /** UUID, made with the store. */
  readonly store: string
}

/** Which store this is: nothing that a guest of it may not know. */
export const storeInfo: SystemOperation<Services, object, StoreInfo> = {
  name: 'StoreInfo',
  permission: 'Query',
  durability: 'written',
  async prepare({ store }) {
    return { answer: { store: store.id } }
  },
}
