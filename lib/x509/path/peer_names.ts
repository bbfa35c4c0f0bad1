import { equalBytes } from '../bytes.js'
import type { Certificate } from '../certificate.js'
import { ipBytes } from '../ip.js'
import type { GeneralName } from '../name/general_name.js'
import { isHost, isHostPattern, isSameMailbox, isWildcard, withoutWildcard } from '../name/hosts.js'

/** A name that the certificate is to bear: a DNS name, an IP address as text, a mailbox. */
export interface PeerName {
  readonly kind: 'dns' | 'ip' | 'email'
  readonly value: string
}

/** Whether a domain is a public suffix, under which names belong to different people. */
export type IsPublicSuffix = (domain: string) => boolean

/**
 * Whether one of the subject alternative names is the name (RFC 9525 section 6). The subject is not looked at: nothing tells
 * a common name that is a host from one that is not.
 */
export function bears(
  { extensions }: Certificate,
  name: PeerName,
  isPublicSuffix: IsPublicSuffix | undefined,
): boolean {
  const test = tests[name.kind](name.value, isPublicSuffix)
  return (extensions.subjectAltName ?? []).some(test)
}

type Test = (name: GeneralName) => boolean

const tests: Readonly<Record<PeerName['kind'], (value: string, isPublicSuffix?: IsPublicSuffix) => Test>> = {
  dns: (value, isPublicSuffix) => {
    const host = value.toLowerCase()
    return (name) =>
      name.form === 'dNSName' && isHost(host) && isHostMatch(name.value.toLowerCase(), host, isPublicSuffix)
  },
  ip: (value) => {
    const address = ipBytes(value)
    return (name) => name.form === 'iPAddress' && address !== undefined && equalBytes(name.value, address)
  },
  email: (value) => (name) => name.form === 'rfc822Name' && isSameMailbox(name.value, value),
}

/** A wildcard is the whole first label and stands for one label. */
function isHostMatch(pattern: string, host: string, isPublicSuffix: IsPublicSuffix | undefined): boolean {
  if (!isHostPattern(pattern)) return false
  if (!isWildcard(pattern)) return pattern === host
  const domain = withoutWildcard(pattern)
  return isPublicSuffix?.(domain) === false && host.slice(host.indexOf('.') + 1) === domain
}
