import type { KeyServices } from '../keys/index.js'
import { Licenses } from './licenses.js'
import { Policies } from './policies.js'
import { RandomKeys } from './random_keys.js'
import { Rings } from './rings.js'
import { TrustStore } from './trust_store.js'

/** What is kept of the keys of applications beside their objects. */
interface KeymanagerRecords {
  readonly keymanagerPolicies: Policies
  readonly rings: Rings
  readonly trustStore: TrustStore
  readonly randomKeys: RandomKeys
  readonly licenses: Licenses
}

/** What the operations on the keys of applications work with. */
export interface KeymanagerServices extends KeyServices, KeymanagerRecords {
  /** Where the keys of references are made: a token, or `software`. */
  readonly baseKeyProvider: string
}

export function openKeymanager(
  services: Pick<KeyServices, 'store' | 'barrier' | 'objects' | 'provider'>,
): KeymanagerRecords {
  const { store, barrier } = services
  return {
    keymanagerPolicies: new Policies(store, barrier),
    rings: new Rings(store, services),
    trustStore: new TrustStore(store, barrier),
    randomKeys: new RandomKeys(store, barrier),
    licenses: new Licenses(store, barrier),
  }
}

/** Drops from memory what rests on a record that was written: its namespace, `/`, its key; null: everything. */
export function forgetOfKeymanager(
  { keymanagerPolicies, rings, trustStore }: KeymanagerRecords,
  record: string | null,
): void {
  keymanagerPolicies.forget(record)
  rings.forget(record)
  trustStore.forget(record)
}
