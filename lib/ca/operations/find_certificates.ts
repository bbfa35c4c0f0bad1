import { checkedSkip, type SkipInput } from '../../access/index.js'
import { MortiseError } from '../../errors/index.js'
import type { ObjectOperation, SystemOperation } from '../../operation/index.js'
import { type CertificateFilter, certificateStates, type IssuedFilter } from '../certificates.js'
import { type CertificateInfo, certificateInfo } from '../info.js'
import type { CaServices } from '../services.js'
import { keptStates } from './get_authority.js'
import { visibleAuthorities } from './list_authorities.js'

export interface CertificatePage {
  /** In the order in which they were issued. */
  readonly certificates: readonly CertificateInfo[]
  /** How many fit, on whatever page. */
  readonly total: number
}

export interface ListCertificatesInput extends IssuedFilter, SkipInput {
  readonly authority: string
}

export interface FindCertificatesInput extends CertificateFilter, SkipInput {}

/** One that an authority has issued. @throws MORTISE_CERTIFICATE_NOT_FOUND */
export const getCertificate: ObjectOperation<
  CaServices,
  { readonly authority: string; readonly certificate: string },
  CertificateInfo
> = {
  name: 'GetCertificate',
  permission: 'Get',
  durability: 'written',
  states: keptStates,
  purposes: ['ca'],
  target: ({ authority }) => ({ object: authority }),
  async prepare({ authorities, certificates, clock }, _actor, { certificate }, object) {
    const { value } = await certificates.find(object.id, certificate)
    const { record: issuer } = await authorities.of(object)
    return { answer: certificateInfo(value, issuer, clock.now()), detail: { certificate } }
  },
}

/** What an authority has issued. */
export const listCertificates: ObjectOperation<CaServices, ListCertificatesInput, CertificatePage> = {
  name: 'ListCertificates',
  permission: 'Get',
  durability: 'written',
  states: keptStates,
  purposes: ['ca'],
  target: ({ authority }) => ({ object: authority }),
  async prepare({ authorities, certificates, clock }, _actor, { authority: _, ...input }, object) {
    const part = checkedSkip(input)
    if (input.state !== undefined && !certificateStates.includes(input.state)) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `the state must be one of ${certificateStates.join(', ')}`,
      )
    }
    const now = clock.now()
    const { record: issuer } = await authorities.of(object)
    const { found, total } = await certificates.list(object.id, input, part, now)
    return {
      answer: { certificates: found.map((one) => certificateInfo(one, issuer, now)), total },
      detail: { count: found.length },
    }
  },
}

/**
 * Certificates of all authorities that one may get, by something that few have in common: a subject, a common name, a name, a serial
 * number or a fingerprint.
 */
export const findCertificates: SystemOperation<CaServices, FindCertificatesInput, CertificatePage> = {
  name: 'FindCertificates',
  permission: 'Query',
  durability: 'written',
  async prepare(services, actor, input) {
    const part = checkedSkip(input)
    const { subject, commonName, name, serial, fingerprint } = input
    if ([subject, commonName, name, serial, fingerprint].every((one) => one === undefined)) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        'say which: by subject, commonName, name, serial or fingerprint; or list those of one authority',
      )
    }
    const authorities = await visibleAuthorities(services, actor)
    const issuers = new Map(authorities.map(({ record }) => [record.id, record]))
    const now = services.clock.now()
    const { found, total } = await services.certificates.search([...issuers.keys()], input, part)
    return {
      answer: {
        certificates: found.flatMap((one) => {
          const issuer = issuers.get(one.authority)
          return issuer ? [certificateInfo(one, issuer, now)] : []
        }),
        total,
      },
      detail: { count: found.length },
    }
  },
}
