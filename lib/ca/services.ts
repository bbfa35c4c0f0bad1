import type { KeyServices } from '../keys/index.js'
import { Authorities } from './authorities.js'
import { Certificates } from './certificates.js'
import { Crls } from './crls.js'
import { Profiles } from './profiles.js'
import { Rehearsals } from './rehearsal.js'
import { Trust } from './trust.js'

/** What the operations on authorities and certificates work with. */
export interface CaServices extends KeyServices {
  readonly authorities: Authorities
  readonly certificates: Certificates
  readonly certificateProfiles: Profiles
  readonly crls: Crls
  readonly rehearsals: Rehearsals
  readonly trust: Trust
}

type Own = Pick<
  CaServices,
  'authorities' | 'certificates' | 'certificateProfiles' | 'crls' | 'rehearsals' | 'trust'
>

export function openCa(
  services: Pick<KeyServices, 'store' | 'barrier' | 'objects' | 'provider' | 'policy' | 'clock'>,
): Own {
  const { store, barrier, policy, clock } = services
  const authorities = new Authorities(store, services)
  const certificates = new Certificates(store, barrier)
  return {
    authorities,
    certificates,
    certificateProfiles: new Profiles(store, barrier),
    crls: new Crls(store, barrier),
    rehearsals: new Rehearsals(policy),
    trust: new Trust(authorities, certificates, clock),
  }
}

/** Drops from memory what rests on a record that was written: its namespace, `/`, its key; null: everything. */
export function forgetOfCa(
  { authorities, trust }: Pick<CaServices, 'authorities' | 'trust'>,
  record: string | null,
): void {
  if (record === null || /^(authority|certificate)\//.test(record)) trust.forget()
  if (record === null) authorities.forgetAll()
  else if (record.startsWith('authority/')) authorities.forget(record.slice('authority/'.length))
}
