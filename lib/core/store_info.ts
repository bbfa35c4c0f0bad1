import { checkedName } from '../access/index.js'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import type { SystemOperation } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import type { Services } from './services.js'

const namespace = 'store-info'
const key = 'info'

export interface StoreInfo {
  /** UUID, made with the store. */
  readonly store: string
  /** What people call it. Default `mortise`. */
  readonly name: string
}

/** What is kept of it. */
type Kept = Pick<StoreInfo, 'name'>

/** Which store this is: nothing that a guest of it may not know. */
export const storeInfo: SystemOperation<Services, object, StoreInfo> = {
  name: 'StoreInfo',
  permission: 'Query',
  durability: 'written',
  async prepare({ store, barrier }) {
    const kept = await read(store, barrier)
    return { answer: { store: store.id, name: kept?.value.name ?? 'mortise' } }
  },
}

/** Says what the store is called. @throws MORTISE_INPUT_INVALID */
export const setStoreInfo: SystemOperation<Services, Kept, StoreInfo> = {
  name: 'SetStoreInfo',
  permission: 'BarrierManage',
  durability: 'synced',
  async prepare({ store, barrier }, _actor, input) {
    const name = checkedName('a store', input.name)
    const version = ((await read(store, barrier))?.version ?? 0) + 1
    const identity = { namespace, key, version, expires: null, index: {} }
    const kept: Kept = { name }
    return {
      answer: { store: store.id, name },
      rows: { records: [writeRecord(barrier, identity, kept)] },
      detail: { name },
    }
  },
}

function read(store: Store, barrier: Barrier): Promise<Stored<Kept> | undefined> {
  return new RecordReader<Kept>(store, barrier, namespace).read(key)
}
