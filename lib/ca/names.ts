import { MortiseError } from '../errors/index.js'
import { type GeneralName, ipBytes, ipText, isHost, mailbox } from '../x509/index.js'

/** Alternative names of a subject (RFC 5280 section 4.2.1.6), by their kind. */
export interface AlternativeNames {
  readonly dns?: readonly string[]
  readonly ip?: readonly string[]
  readonly email?: readonly string[]
  readonly uri?: readonly string[]
}

export const nameKinds = ['dns', 'ip', 'email', 'uri'] as const
export type NameKind = (typeof nameKinds)[number]

/** More than anybody's certificate has. */
const mostNames = 250
const longestName = 2048

const forms = {
  dns: 'dNSName',
  email: 'rfc822Name',
  uri: 'uniformResourceIdentifier',
} as const

/** @throws MORTISE_CERTIFICATE_REFUSED for what is no name of its kind */
export function generalNames(names: AlternativeNames): GeneralName[] {
  const all = nameKinds.flatMap((kind) => (names[kind] ?? []).map((value) => generalName(kind, value)))
  if (all.length > mostNames) throw refused(`a certificate has at most ${mostNames} alternative names`)
  return all
}

/** The same names by their kind. @throws MORTISE_CERTIFICATE_REFUSED for kinds that are not issued */
export function alternativeNames(names: readonly GeneralName[]): AlternativeNames {
  if (names.length > mostNames) throw refused(`a certificate has at most ${mostNames} alternative names`)
  const sorted: Record<NameKind, string[]> = { dns: [], ip: [], email: [], uri: [] }
  for (const name of names) {
    if (name.form === 'dNSName') sorted.dns.push(name.value)
    else if (name.form === 'iPAddress') sorted.ip.push(addressText(name.value))
    else if (name.form === 'rfc822Name') sorted.email.push(name.value)
    else if (name.form === 'uniformResourceIdentifier') sorted.uri.push(name.value)
    else throw refused(`an alternative name of the form ${name.form} is not issued`)
  }
  return Object.fromEntries(Object.entries(sorted).filter(([, values]) => values.length > 0))
}

export function countNames(names: AlternativeNames): number {
  return nameKinds.reduce((count, kind) => count + (names[kind]?.length ?? 0), 0)
}

/** A name that was checked against what its kind may look like. */
function generalName(kind: NameKind, value: string): GeneralName {
  if (value.length > longestName) throw refused('an alternative name is too long')
  if (kind === 'ip') {
    const bytes = ipBytes(value)
    if (!bytes) throw refused(`${JSON.stringify(value)} is no IP address`)
    return { form: 'iPAddress', value: bytes }
  }
  const isOne = {
    dns: () => isHost(value.replace(/^\*\./, '')),
    email: () => mailbox(value) !== undefined,
    uri: () => /^[\x21-\x7e]+$/.test(value) && URL.canParse(value),
  }[kind]()
  if (!isOne) throw refused(`${JSON.stringify(value.slice(0, 255))} is no ${kind} name`)
  return { form: forms[kind], value }
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length !== 4 && bytes.length !== 16) throw refused('an alternative name is no IP address')
  return ipText(bytes)
}

export function refused(message: string, details?: Readonly<Record<string, string>>): MortiseError {
  return new MortiseError('MORTISE_CERTIFICATE_REFUSED', message, { ...(details && { details }) })
}
