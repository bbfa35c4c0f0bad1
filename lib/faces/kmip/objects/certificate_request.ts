import {
  type AlternativeNames,
  type AttributeValue,
  alternativeNamesOfDer,
  distinguishedNameText,
  type Session,
} from '../../../core/index.js'
import type { GivenAttribute } from '../attributes/read.js'
import { refuse } from '../engine/refusal.js'
import { byteString, enumerated, type Fields } from '../fields.js'
import type { Request } from '../operations/operation.js'
import { enumeration, Tag } from '../tables/index.js'

const CertificateRequestType = enumeration('CertificateRequestType')

/** PKCS#10 as DER or PEM; undefined where the request has none. @throws FeatureNotSupported for other kinds */
export function requestIn(payload: Fields): Buffer | undefined {
  const type = payload.optional(Tag.CertificateRequestType, enumerated)
  const request =
    payload.optional(Tag.CertificateRequestValue, byteString) ??
    payload.optional(Tag.CertificateRequest, byteString)
  if (request === undefined) return undefined
  if (type === CertificateRequestType.PKCS_10 || type === CertificateRequestType.PEM) return request
  throw type === undefined
    ? refuse('MissingData', 'the Certificate Request Type is missing')
    : refuse('FeatureNotSupported', 'certificates are requested by PKCS#10, as DER or PEM')
}

/** What a Certificate Request object has in it (since 2.0); undefined for another object. */
export async function keptRequest(session: Session, object: string): Promise<Buffer | undefined> {
  const { ObjectType: type } = await session.attributes(object, ['ObjectType'])
  return type === 'CertificateRequest' ? (await session.exportObject(object)).material : undefined
}

/** The last value that was given of an attribute. */
function lastOf(said: readonly GivenAttribute[], name: string): AttributeValue | undefined {
  return said.findLast(({ core }) => core === name)?.value
}

type Whose = 'Subject' | 'Issuer'

/** From the root down, as names of people and machines usually go. */
const parts = {
  C: 'C',
  DC: 'DC',
  ST: 'ST',
  L: 'L',
  O: 'O',
  OU: 'OU',
  Title: 'title',
  SerialNumber: 'serialNumber',
  DNQualifier: 'dnQualifier',
  UID: 'UID',
  CN: 'CN',
  Email: 'emailAddress',
}

/** A name of RFC 4514 by whichever attributes say it: as DER, as text, or in parts. */
function nameIn(said: readonly GivenAttribute[], whose: Whose): string | undefined {
  const encoded = lastOf(said, `X_509Certificate${whose}`)
  if (encoded !== undefined) return distinguishedNameText(Buffer.from(fieldOf(encoded, 'name'), 'hex'))
  const text = lastOf(said, `Certificate${whose}`)
  if (text !== undefined) return String(text)
  const given = Object.entries(parts).flatMap(([part, type]) =>
    said
      .filter(({ core, value }) => core === `Certificate${whose}${part}` && value !== undefined)
      .map(({ value }) => ({ type, value: String(value) })),
  )
  return given.length === 0 ? undefined : distinguishedNameText(given)
}

/** KMIP's Alternative Names that a certificate has too. */
const nameKinds: Readonly<Record<string, keyof AlternativeNames>> = {
  DNSName: 'dns',
  EmailAddress: 'email',
  IPAddress: 'ip',
  URI: 'uri',
}

/** The subject and its alternative names, where the attributes of a request say them: they go before those of its PKCS#10. */
export function subjectIn(said: readonly GivenAttribute[]): {
  readonly subject?: string
  readonly names?: AlternativeNames
} {
  const subject = nameIn(said, 'Subject')
  const names = alternativeNamesIn(said)
  return { ...(subject !== undefined && { subject }), ...(names && { names }) }
}

function alternativeNamesIn(said: readonly GivenAttribute[]): AlternativeNames | undefined {
  const encoded = lastOf(said, 'X_509CertificateSubject')
  const alternatives = encoded === undefined ? '' : fieldOf(encoded, 'alternatives')
  if (alternatives !== '')
    return alternativeNamesOfDer(alternatives.split(' ').map((name) => Buffer.from(name, 'hex')))
  const names: Partial<Record<keyof AlternativeNames, string[]>> = {}
  for (const { core, value } of said) {
    const kind = core === 'AlternativeName' ? nameKinds[fieldOf(value ?? '', 'type')] : undefined
    if (kind) names[kind] = [...(names[kind] ?? []), fieldOf(value ?? '', 'value')]
  }
  return Object.keys(names).length === 0 ? undefined : names
}

function fieldOf(value: AttributeValue, name: string): string {
  return typeof value === 'object' ? String(value[name] ?? '') : ''
}

/**
 * Which authority certifies: the one whose subject the request names as the issuer, or `usual`, or that of the settings, or the only
 * one that there is.
 *
 * @throws InvalidField where none of these says which
 */
export async function authorityOf(
  { session, issuing }: Request,
  said: readonly GivenAttribute[],
  usual?: string,
): Promise<string> {
  const named = nameIn(said, 'Issuer')
  if (named !== undefined) return onlyOne(session, named)
  const before = usual === undefined ? [] : await issuers(session, usual)
  return before[0] ?? issuing.authority ?? onlyOne(session)
}

async function onlyOne(session: Session, subject?: string): Promise<string> {
  const [found, ...others] = await issuers(session, subject)
  if (found !== undefined && others.length === 0) return found
  throw refuse(
    'InvalidField',
    found === undefined
      ? 'no authority is here that may certify it'
      : 'say which authority certifies: there are several',
  )
}

async function issuers(session: Session, subject?: string): Promise<string[]> {
  const asked = { kind: 'local', state: 'active', ...(subject !== undefined && { subject }) } as const
  return (await session.authorities(asked)).authorities.map(({ id }) => id)
}
