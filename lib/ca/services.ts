import type { KeyServices } from '../keys/index.js'
import { Authorities } from './authorities.js'
import { Certificates } from './certificates.js'
import { Crls } from './crls.js'
import { OcspSigners } from './ocsp_signers.js'
import { Profiles } from './profiles.js'
import { Rehearsals } from './rehearsal.js'
import { Responder } from './responder.js'
import { checkedPublicUrl } from './settings.js'
import { Standings } from './standings.js'
import { Trust } from './trust.js'

/** What the operations on authorities and certificates work with. */
export interface CaServices extends KeyServices {
  readonly authorities: Authorities
  readonly certificates: Certificates
  readonly certificateProfiles: Profiles
  readonly crls: Crls
  readonly ocspSigners: OcspSigners
  /** Where authorities are found over HTTP, for those whose settings do not say it: without a slash at the end. */
  readonly publicUrl: string | undefined
  readonly responder: Responder
  readonly rehearsals: Rehearsals
  readonly standings: Standings
  readonly trust: Trust
}

type Own = Omit<CaServices, keyof KeyServices>

export function openCa(
  services: Pick<KeyServices, 'store' | 'barrier' | 'objects' | 'provider' | 'policy' | 'clock'>,
  publicUrl?: string,
): Own {
  const { store, barrier, objects, policy, clock } = services
  const authorities = new Authorities(store, services)
  const certificates = new Certificates(store, barrier)
  return {
    authorities,
    certificates,
    certificateProfiles: new Profiles(store, barrier),
    crls: new Crls(store, barrier),
    ocspSigners: new OcspSigners(store, barrier, objects),
    publicUrl: publicUrl === undefined ? undefined : checkedPublicUrl(publicUrl),
    responder: new Responder(authorities, certificates, clock),
    rehearsals: new Rehearsals(policy),
    standings: new Standings(certificates),
    trust: new Trust(authorities, certificates, clock),
  }
}

/** Drops from memory what rests on a record that was written: its namespace, `/`, its key; null: everything. */
export function forgetOfCa(
  {
    authorities,
    crls,
    responder,
    standings,
    trust,
  }: Pick<CaServices, 'authorities' | 'crls' | 'responder' | 'standings' | 'trust'>,
  record: string | null,
): void {
  if (record === null || /^(authority|certificate)\//.test(record)) trust.forget()
  crls.forget(record)
  if (record === null) authorities.forgetAll()
  else if (record.startsWith('authority/')) authorities.forget(record.slice('authority/'.length))
  responder.forget(record)
  standings.forget(record)
}
