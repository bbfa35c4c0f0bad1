import { hash } from 'node:crypto'
import { checkedSkip, decide, type SkipInput } from '../../access/index.js'
import { rightsOn } from '../../keys/index.js'
import type { Subject, SystemOperation } from '../../operation/index.js'
import { keysOfText } from '../../x509/index.js'
import { type Authority, type AuthorityKind, type AuthorityState, stateOf } from '../authorities.js'
import { serialText } from '../certificates.js'
import { type AuthorityInfo, authorityInfo } from '../info.js'
import type { CaServices } from '../services.js'

export interface ListAuthoritiesInput extends SkipInput {
  readonly kind?: AuthorityKind
  readonly state?: AuthorityState
  /** RFC 4514, compared as RFC 5280 section 7.1 says. */
  readonly subject?: string
  readonly issuer?: string
  /** Hexadecimal. */
  readonly serial?: string
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprint?: string
}

export interface AuthorityPage {
  /** In the order in which they were made. */
  readonly authorities: readonly AuthorityInfo[]
  /** How many fit, on whatever page. */
  readonly total: number
}

/** The authorities that one may get. There are few of them: all are read. */
export const listAuthorities: SystemOperation<CaServices, ListAuthoritiesInput, AuthorityPage> = {
  name: 'ListAuthorities',
  permission: 'Query',
  durability: 'written',
  async prepare(services, actor, input) {
    const { skip, limit } = checkedSkip(input)
    const now = services.clock.now()
    const fits = filterOf(input, now)
    const all = (await visibleAuthorities(services, actor)).filter(fits)
    const page = all.slice(skip, skip + limit).map((one) => authorityInfo(one, now))
    return { answer: { authorities: page, total: all.length }, detail: { count: page.length } }
  },
}

/** Those that somebody may get. */
export async function visibleAuthorities(services: CaServices, actor: Subject): Promise<Authority[]> {
  const visible: Authority[] = []
  for (const authority of await services.authorities.all()) {
    const object = await services.objects.byId(authority.record.id)
    if (object && decide(actor, 'Get', await rightsOn(services, actor, object)).allowed)
      visible.push(authority)
  }
  return visible
}

function filterOf(
  { kind, state, subject, issuer, serial, fingerprint }: ListAuthoritiesInput,
  now: number,
): (authority: Authority) => boolean {
  const keys = (text: string) => keysOfText(text).join(',')
  const [subjectKeys, issuerKeys] = [subject, issuer].map((text) => (text === undefined ? text : keys(text)))
  const number = serial === undefined ? undefined : numberOf(serialText(serial))
  return (authority) => {
    const { record, certificate } = authority
    return (
      (kind === undefined || record.kind === kind) &&
      (state === undefined || stateOf(authority, now) === state) &&
      (subjectKeys === undefined || keys(record.subject) === subjectKeys) &&
      (issuerKeys === undefined || certificate?.issuer.keys.join(',') === issuerKeys) &&
      (number === undefined || (certificate && numberOf(certificate.serialNumber)) === number) &&
      (fingerprint === undefined ||
        (certificate && hash('sha256', certificate.der)) === fingerprint.toLowerCase())
    )
  }
}

function numberOf(hexadecimal: string): bigint {
  return BigInt(`0x${hexadecimal}`)
}
