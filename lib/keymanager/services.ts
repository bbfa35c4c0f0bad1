import type { KeyServices } from '../keys/index.js'
import { Policies } from './policies.js'
import { Rings } from './rings.js'

/** What the operations on the keys of applications work with. */
export interface KeymanagerServices extends KeyServices {
  readonly keymanagerPolicies: Policies
  readonly rings: Rings
  /** Where the keys of references are made: a token, or `software`. */
  readonly baseKeyProvider: string
}

export function openKeymanager(
  services: Pick<KeyServices, 'store' | 'barrier' | 'objects' | 'provider'>,
): Pick<KeymanagerServices, 'keymanagerPolicies' | 'rings'> {
  const { store, barrier } = services
  return { keymanagerPolicies: new Policies(store, barrier), rings: new Rings(store, services) }
}

/** Drops from memory what rests on a record that was written: its namespace, `/`, its key; null: everything. */
export function forgetOfKeymanager(
  { keymanagerPolicies, rings }: Pick<KeymanagerServices, 'keymanagerPolicies' | 'rings'>,
  record: string | null,
): void {
  keymanagerPolicies.forget(record)
  rings.forget(record)
}
