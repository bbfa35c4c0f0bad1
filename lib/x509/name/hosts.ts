/** A label of the preferred name syntax (RFC 1034 section 3.5, RFC 1123 section 2.1). */
const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/i

/** Whether it is a DNS name in preferred syntax that cannot be taken for an IPv4 address. */
export function isHost(text: string): boolean {
  const labels = text.split('.')
  return text.length <= 253 && labels.every((part) => label.test(part)) && !/^\d+$/.test(labels.at(-1) ?? '')
}

/** The same of a name whose first label may be `*`. */
export function isHostPattern(text: string): boolean {
  return isHost(withoutWildcard(text))
}

export function isWildcard(text: string): boolean {
  return text.startsWith('*.')
}

export function withoutWildcard(text: string): string {
  return isWildcard(text) ? text.slice(2) : text
}

/** Whether `name` is `domain` or below it. */
export function isWithinDomain(name: string, domain: string): boolean {
  const [own, base] = [name.toLowerCase(), domain.toLowerCase()]
  return own === base || own.endsWith(`.${base}`)
}

/** The parts of a mailbox (RFC 5321 section 4.1.2, without quoted strings); undefined of what is none. */
export function mailbox(text: string): { readonly local: string; readonly host: string } | undefined {
  const [local = '', host = '', ...more] = text.split('@')
  const sound = more.length === 0 && /^[^\s\p{Cc}"(),:;<>[\\\]]+$/u.test(local) && isHost(host)
  return sound ? { local, host } : undefined
}

/** The local part as it is, the host without regard to case (RFC 5280 section 7.5). */
export function isSameMailbox(a: string, b: string): boolean {
  const [one, other] = [mailbox(a), mailbox(b)]
  return (
    one !== undefined && one.local === other?.local && one.host.toLowerCase() === other.host.toLowerCase()
  )
}
