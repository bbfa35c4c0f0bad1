import { native } from '../native/index.js'
import {
  accessMethods,
  type Certificate,
  type CertificateExtensionValues,
  type CertificateTemplate,
  descriptorOf,
  type GeneralName,
  ipBytes,
  ipText,
  isHost,
  keyIdentifier,
  type Name,
  type PublicKeyInfo,
  parseCertificate,
} from '../x509/index.js'
import type { IssuingSettings } from './authorities.js'
import { type AlternativeNames, countNames, generalNames, refused } from './names.js'
import type { CertificateProfile } from './profile.js'
import { purposeOf } from './profiles.js'
import type { Validity } from './validity.js'

const commonName = '2.5.4.3'
/** Bytes, as many as RFC 5280 section 4.1.2.2 allows: 158 of their bits are random, more than anybody guesses or meets again. */
const serialSize = 20
/** Of a name; more than anybody's has. */
const longestSubject = 8192

/** Names below an authority (RFC 5280 section 4.2.1.10): domains, hosts or domains of mailboxes, address ranges (`10.0.0.0/8`). */
export interface NameConstraintInput {
  readonly permitted?: Omit<AlternativeNames, 'uri'>
  readonly excluded?: Omit<AlternativeNames, 'uri'>
}

/** What a certificate is made of. */
export interface Ingredients {
  readonly profile: CertificateProfile
  readonly subject: Name
  readonly publicKey: PublicKeyInfo
  readonly names: AlternativeNames
  readonly validity: Validity
  readonly pathLength?: number | undefined
  readonly nameConstraints?: NameConstraintInput | undefined
}

/** @throws MORTISE_CERTIFICATE_REFUSED for what the profile, or the issuer, is against */
export function templateOf(
  { profile, subject, publicKey, validity, ...more }: Ingredients,
  issuer: { readonly certificate: Certificate; readonly settings: IssuingSettings },
): CertificateTemplate {
  checkSubject(subject, profile)
  const names = checkedNames(more.names, subject, profile)
  const { certificate, settings } = issuer
  const parentLength = certificate.extensions.basicConstraints?.pathLength
  return {
    serialNumber: serialNumber(),
    issuer: certificate.subject,
    ...validity,
    subject,
    publicKey: publicKey.der,
    extensions: {
      ...(profile.authority
        ? authorityExtensions(shortest(profile.pathLength, more.pathLength, below(parentLength)), more)
        : forbidden(more)),
      ...usages(profile, publicKey),
      ...(names.length > 0 && { subjectAltName: names }),
      ...keyIdentifiers(publicKey.der, certificate),
      ...(profile.policies.length > 0 && {
        certificatePolicies: profile.policies.map((policy) => ({ policy, qualifiers: [] })),
      }),
      ...(profile.noCheck && { ocspNoCheck: true as const }),
      ...locations(settings),
    },
  }
}

/** Positive, and of one size: hexadecimal. */
export function serialNumber(): string {
  const bytes = new Uint8Array(serialSize)
  native.randomFill(bytes)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

/** That of an authority that signs itself. */
export function rootTemplate({
  subject,
  publicKey,
  validity,
  names,
  ...more
}: Omit<Ingredients, 'profile'>): CertificateTemplate {
  const identifier = keyIdentifier(publicKey.der)
  return {
    serialNumber: serialNumber(),
    issuer: subject,
    ...validity,
    subject,
    publicKey: publicKey.der,
    extensions: {
      ...authorityExtensions(more.pathLength, more),
      keyUsage: ['keyCertSign', 'cRLSign'],
      ...(countNames(names) > 0 && { subjectAltName: generalNames(names) }),
      subjectKeyIdentifier: identifier,
      authorityKeyIdentifier: { keyIdentifier: identifier },
    },
  }
}

function usages(
  { keyUsage, extendedKeyUsage }: CertificateProfile,
  { kind }: PublicKeyInfo,
): CertificateExtensionValues {
  const isRsa = kind?.algorithm === 'RSA'
  const usage = keyUsage.filter((one) => isRsa || one !== 'keyEncipherment')
  return {
    ...(usage.length > 0 && { keyUsage: usage }),
    ...(extendedKeyUsage.length > 0 && { extKeyUsage: extendedKeyUsage.map(purposeOf) }),
  }
}

function authorityExtensions(
  pathLength: number | undefined,
  { nameConstraints }: Pick<Ingredients, 'nameConstraints'>,
): CertificateExtensionValues {
  if (pathLength !== undefined && !(Number.isInteger(pathLength) && pathLength >= 0 && pathLength <= 255)) {
    throw refused('no authority may follow below this one')
  }
  return {
    basicConstraints: { cA: true, pathLength },
    ...(nameConstraints && {
      nameConstraints: {
        permitted: bases(nameConstraints.permitted),
        excluded: bases(nameConstraints.excluded),
      },
    }),
  }
}

function forbidden({
  pathLength,
  nameConstraints,
}: Pick<Ingredients, 'pathLength' | 'nameConstraints'>): CertificateExtensionValues {
  if (pathLength === undefined && nameConstraints === undefined) {
    return { basicConstraints: { cA: false } }
  }
  throw refused('path length and name constraints are of certificates of authorities')
}

/** A length that the issuer leaves to those below it. */
function below(length: number | undefined): number | undefined {
  return length === undefined ? undefined : length - 1
}

function shortest(...lengths: readonly (number | null | undefined)[]): number | undefined {
  const given = lengths.filter((length) => length !== null && length !== undefined)
  return given.length === 0 ? undefined : Math.min(...given)
}

function keyIdentifiers(publicKey: Uint8Array, issuer: Certificate): CertificateExtensionValues {
  return {
    subjectKeyIdentifier: keyIdentifier(publicKey),
    authorityKeyIdentifier: { keyIdentifier: authorityIdentifier(issuer) },
  }
}

/** What certificates and CRLs of an authority know its key by. */
export function authorityIdentifier({ extensions, publicKey }: Certificate): Uint8Array {
  return extensions.subjectKeyIdentifier ?? keyIdentifier(publicKey.der)
}

function locations({ crlUrls, ocspUrls, issuerUrls }: IssuingSettings): CertificateExtensionValues {
  const access = [
    ...ocspUrls.map((url) => ({ method: accessMethods.ocsp, location: urlName(url) })),
    ...issuerUrls.map((url) => ({ method: accessMethods.caIssuers, location: urlName(url) })),
  ]
  return {
    ...(crlUrls.length > 0 && {
      cRLDistributionPoints: [{ distributionPoint: { fullName: crlUrls.map(urlName) } }],
    }),
    ...(access.length > 0 && { authorityInfoAccess: access }),
  }
}

function urlName(value: string): GeneralName {
  return { form: 'uniformResourceIdentifier', value }
}

function checkSubject(subject: Name, { requiredSubject, name }: CertificateProfile): void {
  if (subject.der.length > longestSubject) throw refused('the subject is too long')
  for (const { text, type } of subject.relativeNames.flat()) {
    if (text === undefined || /[\p{Cc}\p{Cs}]/u.test(text)) {
      throw refused(`the attribute ${type} of the subject is no text, or has control characters in it`)
    }
  }
  for (const type of requiredSubject) {
    const found = subject.relativeNames.flat().some((one) => (descriptorOf(one.type) ?? one.type) === type)
    if (!found) throw refused(`the profile ${name} wants a subject that has ${type}`)
  }
}

function checkedNames(given: AlternativeNames, subject: Name, profile: CertificateProfile): GeneralName[] {
  const { name, names, namesRequired, dnsSuffixes, wildcards } = profile
  const host = subject.valuesOf(commonName).at(-1)
  const isStandIn = namesRequired && countNames(given) === 0 && host !== undefined && isHost(host)
  const used: AlternativeNames = isStandIn ? { dns: [host] } : given
  for (const [kind, values] of Object.entries(used)) {
    if (values.length > 0 && !names.some((one) => one === kind))
      throw refused(`the profile ${name} has no names of the kind ${kind}`)
  }
  if (namesRequired && countNames(used) === 0) {
    throw refused(`the profile ${name} wants alternative names: ${names.join(', ')}`)
  }
  if (subject.isEmpty && countNames(used) === 0)
    throw refused('a certificate is of somebody: there is no name')
  for (const dns of used.dns ?? []) {
    if (dns.startsWith('*.') && !wildcards) throw refused(`the profile ${name} has no wildcards: ${dns}`)
    const own = dns.toLowerCase()
    const isWithin = dnsSuffixes?.some(
      (one) => own === one.toLowerCase() || own.endsWith(`.${one.toLowerCase()}`),
    )
    if (isWithin === false) throw refused(`the profile ${name} is not for ${dns}`)
  }
  return generalNames(used)
}

function bases(names: Omit<AlternativeNames, 'uri'> = {}): GeneralName[] {
  return [
    ...(names.dns ?? []).map((value): GeneralName => {
      if (!isHost(value)) throw refused(`${JSON.stringify(value)} is no domain`)
      return { form: 'dNSName', value }
    }),
    ...(names.email ?? []).map((value): GeneralName => ({ form: 'rfc822Name', value })),
    ...(names.ip ?? []).map((value): GeneralName => ({ form: 'iPAddress', value: range(value) })),
  ]
}

/** What bounds those below an authority, as it is given for another certificate of the same. @throws MORTISE_CERTIFICATE_REFUSED */
export function boundsOf(pem: string): {
  readonly pathLength?: number
  readonly nameConstraints?: NameConstraintInput
} {
  const { basicConstraints, nameConstraints } = parseCertificate(pem).extensions
  const pathLength = basicConstraints?.pathLength
  return {
    ...(pathLength !== undefined && { pathLength }),
    ...(nameConstraints && {
      nameConstraints: {
        permitted: namesOfBases(nameConstraints.permitted),
        excluded: namesOfBases(nameConstraints.excluded),
      },
    }),
  }
}

/** The reverse of {@link bases}. */
function namesOfBases(all: readonly GeneralName[] = []): Omit<AlternativeNames, 'uri'> {
  const names = { dns: [] as string[], email: [] as string[], ip: [] as string[] }
  for (const base of all) {
    if (base.form === 'dNSName') names.dns.push(base.value)
    else if (base.form === 'rfc822Name') names.email.push(base.value)
    else if (base.form === 'iPAddress') names.ip.push(rangeText(base.value))
    else throw refused(`a name constraint of the form ${base.form} is not issued`)
  }
  return names
}

function rangeText(bytes: Uint8Array): string {
  const half = bytes.length / 2
  const bits = [...bytes.subarray(half)].reduce(
    (sum, byte) => sum + byte.toString(2).replace(/0/g, '').length,
    0,
  )
  return `${ipText(bytes.subarray(0, half))}/${bits}`
}

/** An address and its mask (section 4.2.1.10). */
function range(text: string): Uint8Array {
  const [address = '', prefix = ''] = text.split('/')
  const bytes = ipBytes(address)
  const bits = Number(prefix)
  if (!bytes || !/^\d{1,3}$/.test(prefix) || bits > 8 * bytes.length) {
    throw refused(`${JSON.stringify(text)} is no range of addresses, as 10.0.0.0/8 is`)
  }
  const mask = bytes.map((_, at) => 0xff & ~(0xff >> Math.min(8, Math.max(0, bits - 8 * at))))
  return Buffer.concat([bytes.map((byte, at) => byte & (mask[at] ?? 0)), mask])
}
