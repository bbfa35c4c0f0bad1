import type { Certificate } from '../certificate.js'
import type { NameConstraints } from '../extensions/name_constraints.js'
import { emailAddress } from '../name/attribute_types.js'
import type { GeneralName } from '../name/general_name.js'
import {
  isHost,
  isHostPattern,
  isSameMailbox,
  isWildcard,
  isWithinDomain,
  mailbox,
  withoutWildcard,
} from '../name/hosts.js'
import type { Budget } from './budget.js'

/** The constraints of one certificate on one form of names. */
interface Subtrees {
  readonly permitted: GeneralName[]
  readonly excluded: GeneralName[]
}

type Constraints = ReadonlyMap<GeneralName['form'], Subtrees>

/** Names that certificates constrain, from the trust anchor down (RFC 5280 sections 4.2.1.10, 6.1.3 (b) and (c)). */
export class ConstrainedNames {
  readonly #constraints: Constraints[] = []
  readonly #budget: Budget

  constructor(budget: Budget) {
    this.#budget = budget
  }

  /** What is permitted narrows with each certificate that says so; what is excluded stays so. */
  add({ permitted, excluded }: NameConstraints): void {
    const forms = new Set([...permitted, ...excluded].map(({ form }) => form))
    const byForm = new Map([...forms].map((form) => [form, { permitted: [], excluded: [] } as Subtrees]))
    for (const base of permitted) byForm.get(base.form)?.permitted.push(base)
    for (const base of excluded) byForm.get(base.form)?.excluded.push(base)
    this.#constraints.push(byForm)
  }

  /** What is wrong with a name of the certificate; undefined where every one is allowed. */
  refusal(certificate: Certificate): string | undefined {
    if (this.#constraints.length === 0) return undefined
    for (const name of namesOf(certificate)) {
      for (const constraints of this.#constraints) {
        const subtrees = constraints.get(name.form)
        const refusal = subtrees && this.#refusalOf(name, subtrees)
        if (refusal !== undefined) return refusal
      }
    }
    return undefined
  }

  #refusalOf(name: GeneralName, { permitted, excluded }: Subtrees): string | undefined {
    if (!this.#budget.spend('comparisons', permitted.length + excluded.length)) {
      return 'has more names than are compared with constraints'
    }
    if (![...permitted, ...excluded].every(isSound)) return `is constrained by a ${name.form} that is none`
    if (!isComparable(name)) return `has a ${name.form} that cannot be compared with constraints`
    if (excluded.some((base) => overlaps(name, base))) return `has a ${name.form} that is excluded`
    if (permitted.length > 0 && !permitted.some((base) => isWithin(name, base))) {
      return `has a ${name.form} that is not permitted`
    }
    return undefined
  }
}

function namesOf({ subject, extensions }: Certificate): GeneralName[] {
  const names: GeneralName[] = [...(extensions.subjectAltName ?? [])]
  if (subject.isEmpty) return names
  const mailboxes = subject.valuesOf(emailAddress)
  return [
    ...names,
    { form: 'directoryName', value: subject },
    ...mailboxes.map((value) => ({ form: 'rfc822Name', value }) as const),
  ]
}

/** Whether the base of a subtree has the syntax of its form. */
function isSound(base: GeneralName): boolean {
  switch (base.form) {
    case 'dNSName':
      return base.value === '' || isHost(base.value)
    case 'rfc822Name':
      return isDomain(base.value) || mailbox(base.value) !== undefined
    case 'uniformResourceIdentifier':
      return isDomain(base.value)
    case 'iPAddress':
      return isContiguous(base.value.subarray(base.value.length / 2))
    case 'directoryName':
      return true
    default:
      return false
  }
}

/** A host, or with a period in front everything below it. */
function isDomain(text: string): boolean {
  return isHost(text.startsWith('.') ? text.slice(1) : text)
}

/** CIDR (RFC 4632): ones, then zeros. */
function isContiguous(mask: Uint8Array): boolean {
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(bits)
}

function isComparable(name: GeneralName): boolean {
  switch (name.form) {
    case 'dNSName':
      return isHostPattern(name.value)
    case 'rfc822Name':
      return mailbox(name.value) !== undefined
    case 'uniformResourceIdentifier':
      return uriHost(name.value) !== undefined
    default:
      return true
  }
}

/** Whether all that the name stands for is in the subtree. */
function isWithin(name: GeneralName, base: GeneralName): boolean {
  if (name.form === 'dNSName' && base.form === 'dNSName') {
    return base.value === '' || isWithinDomain(withoutWildcard(name.value), base.value)
  }
  if (name.form === 'rfc822Name' && base.form === 'rfc822Name') {
    if (base.value.includes('@')) return isSameMailbox(name.value, base.value)
    return isInDomain(mailbox(name.value)?.host, base.value)
  }
  if (name.form === 'uniformResourceIdentifier' && base.form === 'uniformResourceIdentifier') {
    return isInDomain(uriHost(name.value), base.value)
  }
  if (name.form === 'iPAddress' && base.form === 'iPAddress') return isInNetwork(name.value, base.value)
  return name.form === 'directoryName' && base.form === 'directoryName' && name.value.isWithin(base.value)
}

/** Whether anything that the name stands for is in the subtree: a wildcard also stands for the one name that is. */
function overlaps(name: GeneralName, base: GeneralName): boolean {
  if (isWithin(name, base)) return true
  if (name.form !== 'dNSName' || base.form !== 'dNSName' || !isWildcard(name.value)) return false
  return (
    base.value.slice(base.value.indexOf('.') + 1).toLowerCase() === withoutWildcard(name.value).toLowerCase()
  )
}

function isInDomain(host: string | undefined, domain: string): boolean {
  if (host === undefined) return false
  if (!domain.startsWith('.')) return host.toLowerCase() === domain.toLowerCase()
  return host.toLowerCase().endsWith(domain.toLowerCase())
}

/** The host name of a URI; undefined where it has none, or an address. */
function uriHost(uri: string): string | undefined {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(uri)?.[1]
  const host = authority?.replace(/^.*@/, '').replace(/:\d*$/, '')
  return host !== undefined && isHost(host) ? host : undefined
}

function isInNetwork(address: Uint8Array, network: Uint8Array): boolean {
  const size = network.length / 2
  return (
    address.length === size &&
    address.every((byte, i) => ((byte ^ (network[i] ?? 0)) & (network[size + i] ?? 0)) === 0)
  )
}
