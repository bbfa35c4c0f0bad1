import { hash } from 'node:crypto'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'

/** Key: a hash of the service provider and the licence key, which is a secret. */
const namespace = 'keymanager-license'

/** What somebody who provides services has a licence for. */
export interface License {
  readonly provider: string
  /** Milliseconds since 1970. */
  readonly expires: number
  readonly permissions: readonly string[]
}

/** Licences: sealed records. */
export class Licenses {
  readonly #barrier: Barrier
  readonly #records: RecordReader<License>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
  }

  read(provider: string, licenseKey: string): Promise<Stored<License> | undefined> {
    return this.#records.read(keyOf(provider, licenseKey))
  }

  write(license: License, licenseKey: string, version: number): RecordWrite {
    const key = keyOf(license.provider, licenseKey)
    return writeRecord(this.#barrier, { namespace, key, version, expires: null, index: {} }, license)
  }
}

function keyOf(provider: string, licenseKey: string): string {
  return hash('sha256', JSON.stringify([provider, licenseKey]))
}
