import { hash } from 'node:crypto'
import type { MortiseError } from '../../errors/index.js'
import { livingStates } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import type { Certificate } from '../../x509/index.js'
import type { KeymanagerServices } from '../services.js'
import { pathIn, type TrustDomain, type TrustedAuthority, trusted } from '../trust_store.js'
import { refused } from './install_certificate.js'

/** How long an authority must still be valid: of MOSIP, a year. */
const leastMonths = 12

export interface TrustKeymanagerAuthoritiesInput {
  /** Id of the private key of ROOT: who may let it certify, may say whom to trust. */
  readonly root: string
  readonly domain: TrustDomain
  /** In any order: each is stored that is a root, or leads to one that is trusted or among them. */
  readonly certificates: readonly Certificate[]
}

export interface TrustedKeymanagerAuthorities {
  readonly stored: number
  readonly refused: number
}

/**
 * Takes in certificates of authorities that certify partners.
 *
 * @throws MORTISE_KEYMANAGER_CERTIFICATE where there is one certificate alone, which is refused; of more the others are stored
 */
export const trustKeymanagerAuthorities: ObjectOperation<
  KeymanagerServices,
  TrustKeymanagerAuthoritiesInput,
  TrustedKeymanagerAuthorities
> = {
  name: 'TrustKeymanagerAuthorities',
  permission: 'Certify',
  durability: 'synced',
  states: livingStates,
  purposes: ['keymanager'],
  target: ({ root }) => ({ object: root }),
  async prepare(services, _actor, { domain, certificates }) {
    const known = await services.trustStore.authorities(domain)
    const now = services.clock.now()
    const found: TrustedAuthority[] = []
    for (let left = [...certificates]; left.length > 0; ) {
      const rest: Certificate[] = []
      for (const x509 of left) {
        const one = trusted(idOf(domain, x509), domain, x509, now)
        const fault = await faultOf(services, one, [...known, ...found])
        if (fault === undefined) found.push(one)
        else if (certificates.length === 1) throw fault
        else rest.push(x509)
      }
      // One that was stored may be above one that was refused before.
      if (rest.length === left.length) break
      left = rest
    }
    return {
      answer: { stored: found.length, refused: certificates.length - found.length },
      rows: { records: found.map((one) => services.trustStore.writeAuthority(one)) },
      detail: {
        domain,
        subjects: found.map(({ x509 }) => x509.subject.text),
        refused: certificates.length - found.length,
      },
    }
  },
}

/** The same certificate is in a domain once. */
function idOf(domain: TrustDomain, { der }: Certificate): string {
  const digest = hash('sha256', Buffer.concat([Buffer.from(`${domain}/`), der]), 'hex')
  return digest.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

async function faultOf(
  services: KeymanagerServices,
  { id, domain, x509, isRoot }: TrustedAuthority,
  known: readonly TrustedAuthority[],
): Promise<MortiseError | undefined> {
  const now = services.clock.now()
  if (known.some((one) => one.id === id)) return refused('this certificate is here already', 'exists')
  const outOfDates = dateFault(x509, now)
  if (outOfDates) return outOfDates
  if (x509.notAfter < monthsFrom(now, leastMonths))
    return refused(`an authority must be valid for ${leastMonths} months from now`, 'validity')
  if (x509.version !== 3) return refused('the certificate is not of version 3', 'version')
  if (x509.extensions.basicConstraints?.cA !== true)
    return refused('the certificate is not of an authority: it must say CA', 'authority')
  const more = [...known.map((one) => one.x509), ...(isRoot ? [x509] : [])]
  const path = await pathIn(services, domain, x509, { more, certifies: true })
  return path ? undefined : refused('no root that is trusted in this domain is above it', 'root')
}

export function dateFault({ notBefore, notAfter }: Certificate, now: number): MortiseError | undefined {
  if (notBefore.getTime() > now) return refused('the certificate is not valid yet', 'future')
  return notAfter.getTime() < now ? refused('the certificate has ended', 'dates') : undefined
}

function monthsFrom(now: number, months: number): Date {
  const date = new Date(now)
  date.setUTCMonth(date.getUTCMonth() + months)
  return date
}
