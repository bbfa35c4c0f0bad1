import type { KeyServices } from '../keys/index.js'
import { Authorities } from './authorities.js'
import { Certificates } from './certificates.js'
import { Crls } from './crls.js'
import { Profiles } from './profiles.js'
import { Rehearsals } from './rehearsal.js'

/** What the operations on authorities and certificates work with. */
export interface CaServices extends KeyServices {
  readonly authorities: Authorities
  readonly certificates: Certificates
  readonly certificateProfiles: Profiles
  readonly crls: Crls
  readonly rehearsals: Rehearsals
}

type Own = Pick<CaServices, 'authorities' | 'certificates' | 'certificateProfiles' | 'crls' | 'rehearsals'>

export function openCa(
  services: Pick<KeyServices, 'store' | 'barrier' | 'objects' | 'provider' | 'policy'>,
): Own {
  const { store, barrier, policy } = services
  return {
    authorities: new Authorities(store, services),
    certificates: new Certificates(store, barrier),
    certificateProfiles: new Profiles(store, barrier),
    crls: new Crls(store, barrier),
    rehearsals: new Rehearsals(policy),
  }
}

/** Drops from memory what rests on a record that was written: its namespace, `/`, its key; null: everything. */
export function forgetOfCa({ authorities }: Pick<CaServices, 'authorities'>, record: string | null): void {
  if (record === null) authorities.forgetAll()
  else if (record.startsWith('authority/')) authorities.forget(record.slice('authority/'.length))
}
