import { livingStates } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import type { KeymanagerServices } from '../services.js'
import { type TrustDomain, type TrustedAuthority, trustDomains } from '../trust_store.js'

export interface ListKeymanagerAuthoritiesInput {
  /** Id of the public key of ROOT. */
  readonly root: string
  /** Default all. */
  readonly domain?: TrustDomain | undefined
}

/** The authorities that partners are trusted by, in the order in which they came. */
export const listKeymanagerAuthorities: ObjectOperation<
  KeymanagerServices,
  ListKeymanagerAuthoritiesInput,
  readonly TrustedAuthority[]
> = {
  name: 'ListKeymanagerAuthorities',
  permission: 'Get',
  durability: 'written',
  states: livingStates,
  purposes: ['keymanager'],
  target: ({ root }) => ({ object: root }),
  async prepare({ trustStore }, _actor, { domain }) {
    const domains = domain ? [domain] : trustDomains
    const all = await Promise.all(domains.map((one) => trustStore.authorities(one)))
    return { answer: all.flat() }
  },
}
