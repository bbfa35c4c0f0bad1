import { Cache } from '../access/index.js'
import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import type { RecordWrite, SystemOperation } from '../operation/index.js'
import type { Store } from '../storage/index.js'

const namespace = 'face-setting'

/** What is kept: bytes that the face alone understands (base64). */
interface Kept {
  readonly value: string
}

interface Named {
  /** Name of the face, `/`, and what it calls the setting. */
  readonly setting: string
}

/** What faces keep for all that use them: what a protocol lets administrators set. */
export class FaceSettings {
  readonly #records: RecordReader<Kept>
  readonly #cache: Cache<Buffer>

  constructor(store: Store, barrier: Barrier) {
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(100, async (setting) => {
      const kept = await this.#records.read(setting)
      return Buffer.from(kept?.value.value ?? '', 'base64')
    })
  }

  /** The same buffer until it is set anew; empty where it is not set. */
  async get(setting: string): Promise<Buffer> {
    return (await this.#cache.get(setting)) ?? Buffer.alloc(0)
  }

  /** @param record its namespace, `/`, its key */
  forget(record: string): void {
    if (record.startsWith(`${namespace}/`)) this.#cache.forget(record.slice(namespace.length + 1))
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }

  async write(barrier: Barrier, setting: string, value: Buffer): Promise<RecordWrite> {
    const version = ((await this.#records.read(setting))?.version ?? 0) + 1
    const identity = { namespace, key: setting, version, expires: null, index: {} }
    const kept: Kept = { value: value.toString('base64') }
    return writeRecord(barrier, identity, kept)
  }
}

/** What the operations below work with. */
interface Keeping {
  readonly faceSettings: FaceSettings
  readonly barrier: Barrier
}

/** What a face keeps, for whoever uses it. */
export const faceSetting: SystemOperation<Keeping, Named, Buffer> = {
  name: 'FaceSetting',
  permission: 'Query',
  durability: 'written',
  async prepare({ faceSettings }, _actor, { setting }) {
    return { answer: await faceSettings.get(setting), detail: { setting } }
  },
}

/** Says what a face keeps; administrators may. */
export const setFaceSetting: SystemOperation<Keeping, Named & { readonly value: Buffer }, void> = {
  name: 'SetFaceSetting',
  permission: 'BarrierManage',
  durability: 'synced',
  async prepare({ faceSettings, barrier }, _actor, { setting, value }) {
    return {
      answer: undefined,
      rows: { records: [await faceSettings.write(barrier, setting, value)] },
      detail: { setting, bytes: value.length },
    }
  },
}
