import {
  type EncodedFacts,
  type LinkType,
  linkTypes,
  type ManagedObject,
  type ObjectAttributes,
  type ObjectPermission,
  type ObjectType,
  type VendorAttribute,
} from '../../operation/index.js'
import { checkName, type ObjectPatch, usagesOf } from '../row.js'
import { distinguishedName, namePartRules, serialDer, signatureAlgorithmOf } from './certificates.js'
import {
  date,
  flag,
  interval,
  oneOf,
  structure,
  text,
  type ValueType,
  vendorAttribute,
  whole,
} from './values.js'

/** One attribute of KMIP's model (KMIP 2.1 section 4), and who may do what with it. */
export interface AttributeRule {
  readonly type: ValueType
  /** Whether an object may have several instances. */
  readonly multiple?: true
  /** Whether it may be set as if there could be one alone, as long as there is no other. */
  readonly alone?: true
  /** When a client may give the first value. Absent: the server alone sets it. */
  readonly set?: 'made' | 'any time'
  /** Whether a client may change a value that is there, in the states and times in which it may. */
  readonly modify?: true | ((object: ManagedObject, now: number) => boolean)
  readonly delete?: true
  /** The values that it may be changed to, where not every one. */
  readonly onlyTo?: unknown
  /** Only as long as nothing was protected with the key: usage limits. */
  readonly untilUsed?: true
  /** What is needed beside ModifyAttributes: a date may do what an operation does. */
  readonly also?: ObjectPermission
  /** The types of objects that have it. Absent: all. */
  readonly of?: readonly ObjectType[]
  /** Whether leases that are open were decided on it. */
  readonly endsLeases?: true
  /** Whether an instance is the server's own, where clients have others. */
  reserved?(stored: never, object: ManagedObject | undefined): boolean
  /** In the stored form; a list where there may be several. */
  read(object: ManagedObject): unknown
  /**
   * What setting it changes; undefined deletes it.
   *
   * @param before the object so far; undefined when it is made
   */
  write?(stored: unknown, before: ManagedObject | undefined): ObjectPatch
}

type Link = NonNullable<ObjectAttributes['moreLinks']>[number]
type Rule = Omit<AttributeRule, 'read' | 'write'>

/** Seconds for which a client may go on with what it knows of an object (KMIP 2.1 section 4.30, Lease Time). */
export const leaseSeconds = 3600

const keys: readonly ObjectType[] = ['PrivateKey', 'PublicKey', 'SplitKey', 'SymmetricKey']

/** An attribute that is a field of {@link ObjectAttributes}. */
function field(name: keyof ObjectAttributes, rule: Rule): AttributeRule {
  return {
    ...rule,
    read: ({ values }) => values[name],
    write: (stored) => ({ values: { [name]: stored } }),
  }
}

/** An attribute that only the server sets and that is read from what it knows. */
function known(
  type: ValueType,
  read: AttributeRule['read'],
  rule: Pick<AttributeRule, 'multiple' | 'of'> = {},
): AttributeRule {
  return { type, read, ...rule }
}

/** Those that an object has from the beginning before those that it comes by, so that their places in KMIP 1.x stay. */
function inOrder(links: readonly Link[]): readonly Link[] {
  const place = ({ type }: Link) => linkTypes.indexOf(type)
  return links.length < 2 ? links : [...links].sort((a, b) => place(a) - place(b))
}

const free = { set: 'any time', modify: true, delete: true } as const
const several = { ...free, multiple: true } as const

type When = (object: ManagedObject, now: number) => boolean

const beforeActive: When = ({ state }) => state === 'PreActive'
const untilDeactivated: When = ({ state }) => state === 'PreActive' || state === 'Active'
const untilReached =
  (name: 'processStart' | 'protectStop'): When =>
  (object, now) =>
    (object.state === 'PreActive' || object.state === 'Active') && !((object.values[name] ?? now) < now)

const name = text(255)
const word = text(64)
const id = text(36)
const count = whole(0, 2 ** 31 - 1)

/** The moment of the newest fact about an object that has none of its own for it. */
function lastChange({ created, values }: ManagedObject): number {
  const { changed = 0, compromised = 0, destroyed = 0 } = values
  return Math.max(created, changed, compromised, destroyed)
}

/** Characters: two of each byte of what DER may have. */
const longestName = 65_536

/** DER, hexadecimal; alternative names with spaces between them. */
function withAlternatives(encoded: EncodedFacts | undefined, whose: 'issuer' | 'subject') {
  const alternatives = encoded?.[`${whose}Names`]?.join(' ')
  return encoded && { name: encoded[whose], ...(alternatives !== undefined && { alternatives }) }
}

/** Every attribute, by KMIP's name in the form of its JSON and XML encodings. */
export const attributes = {
  ActivationDate: field('activated', { type: date, set: 'any time', modify: beforeActive, also: 'Activate' }),
  AlternativeName: field('alternativeNames', {
    type: structure({
      type: oneOf(
        'UninterpretedTextString',
        'URI',
        'ObjectSerialNumber',
        'EmailAddress',
        'DNSName',
        'X_500DistinguishedName',
        'IPAddress',
      ),
      value: text(),
    }),
    ...several,
  }),
  AlwaysSensitive: known(flag, ({ values }) => values.alwaysSensitive ?? values.sensitive),
  ApplicationSpecificInformation: field('applicationSpecific', {
    type: structure({ namespace: name, data: text() }),
    ...several,
  }),
  ArchiveDate: field('archived', { type: date }),
  ...namePartRules((read) => known(text(), read, { multiple: true })),
  CertificateIdentifier: known(
    structure({ issuer: text(), serial: text() }),
    ({ values: { certificate } }) =>
      certificate && {
        issuer: distinguishedName(certificate, 'Issuer') ?? '',
        serial: certificate.encoded?.serial ?? certificate.serial,
      },
  ),
  CertificateIssuer: known(text(), ({ values }) => distinguishedName(values.certificate, 'Issuer')),
  CertificateLength: known(count, ({ values }) => values.certificate?.length),
  CertificateRequestType: field('certificateRequestType', { type: word, of: ['CertificateRequest'] }),
  CertificateSubject: known(text(), ({ values }) => distinguishedName(values.certificate, 'Subject')),
  CertificateType: known(word, ({ values }) => values.certificate && 'X_509'),
  Comment: field('comment', { type: text(4096), ...free }),
  CompromiseDate: field('compromised', { type: date }),
  CompromiseOccurrenceDate: field('compromiseOccurred', { type: date }),
  ContactInformation: field('contactInformation', { type: text(), ...free }),
  CryptographicAlgorithm: known(
    word,
    ({ algorithm, values: { stated } }) => stated?.algorithm || algorithm || undefined,
  ),
  CryptographicDomainParameters: known(
    structure({ curve: word }),
    ({ values: { curve } }) => curve && { curve },
  ),
  CryptographicLength: known(
    count,
    ({ length, values: { stated } }) => stated?.length || length || undefined,
  ),
  CryptographicParameters: field('cryptographicParameters', {
    type: structure({
      'blockCipherMode?': word,
      'paddingMethod?': word,
      'hashingAlgorithm?': word,
      'keyRoleType?': word,
      'digitalSignatureAlgorithm?': word,
      'cryptographicAlgorithm?': word,
      'randomIv?': flag,
      'ivLength?': count,
      'tagLength?': count,
      'fixedFieldLength?': count,
      'invocationFieldLength?': count,
      'counterLength?': count,
      'initialCounterValue?': count,
      'saltLength?': count,
      'maskGenerator?': word,
      'maskGeneratorHashingAlgorithm?': word,
      'pSource?': text(),
      'trailerField?': count,
    }),
    ...several,
  }),
  CryptographicUsageMask: known(
    word,
    ({ usage, values: { stated } }) => [...usagesOf(usage), ...(stated?.usage ?? [])].join(' ') || undefined,
  ),
  DeactivationDate: field('deactivated', {
    type: date,
    set: 'any time',
    modify: untilDeactivated,
    also: 'Revoke',
    endsLeases: true,
  }),
  Description: field('description', { type: text(4096), ...free }),
  DestroyDate: field('destroyed', { type: date }),
  Digest: known(
    structure({ hashingAlgorithm: word, value: text(), 'keyFormatType?': word }),
    ({ type, values }) => {
      if (values.digest) return { hashingAlgorithm: 'SHA_256', ...values.digest }
      if (values.certificate)
        return { hashingAlgorithm: 'SHA_256', value: values.certificate.digest, keyFormatType: 'Raw' }
      const value = type === 'PublicKey' ? values.publicKeyDigest : undefined
      return value && { hashingAlgorithm: 'SHA_256', value }
    },
  ),
  DigitalSignatureAlgorithm: known(word, signatureAlgorithmOf),
  Extractable: {
    type: flag,
    modify: true,
    onlyTo: false,
    read: ({ values }) => values.extractable,
    write: (_stored, before) => ({
      values: { extractable: false, ...(before?.values.extractable && { neverExtractable: false }) },
    }),
  },
  Fresh: field('fresh', { type: flag, set: 'made' }),
  InitialDate: known(date, ({ created }) => created),
  KeyFormatType: known(word, ({ type, values: { stated } }) => stated?.keyFormat ?? formatTypes[type]),
  KeyValueLocation: field('keyValueLocations', {
    type: structure({ type: oneOf('UninterpretedTextString', 'URI'), value: text() }),
    ...several,
  }),
  KeyValuePresent: known(flag, ({ material, state }) => {
    if (material !== null) return true
    return state.startsWith('Destroyed') ? undefined : false
  }),
  LastChangeDate: known(date, lastChange),
  LeaseTime: known(interval, () => leaseSeconds),
  Link: {
    type: structure({ type: oneOf(...linkTypes), object: id }),
    ...several,
    read: ({ values }) =>
      inOrder([
        ...Object.entries(values.links ?? {}).map(([type, object]) => ({ type: type as LinkType, object })),
        ...(values.moreLinks ?? []),
      ]),
    reserved: (link: Link, object) => object?.values.links?.[link.type] === link.object,
    write(stored, before) {
      const mine = (stored as readonly Link[] | undefined)?.filter(
        (link) => !this.reserved?.(link as never, before),
      )
      return { values: { moreLinks: mine?.length ? mine : undefined } }
    },
  },
  // The first is the one that scopes go by.
  Name: {
    type: name,
    ...several,
    alone: true,
    also: 'Grant',
    read: (object) => (object.name === null ? [] : [object.name, ...(object.values.furtherNames ?? [])]),
    write(stored) {
      const [first = null, ...further] = ((stored ?? []) as readonly string[]).map(checkName)
      return { name: first, values: { furtherNames: further.length === 0 ? undefined : further } }
    },
  },
  NeverExtractable: known(flag, ({ values }) => values.neverExtractable ?? !values.extractable),
  NISTKeyType: field('nistKeyTypes', { type: word, multiple: true, set: 'made', of: keys }),
  // A scope covers what is in a group or bears a name: who puts an object there gives others rights on it.
  ObjectGroup: field('objectGroups', { type: name, ...several, also: 'Grant' }),
  ObjectType: known(word, ({ type }) => type),
  OpaqueDataType: field('opaqueDataType', { type: word, of: ['OpaqueObject'] }),
  OriginalCreationDate: field('originallyCreated', { type: date, set: 'made' }),
  PGPKeyVersion: field('pgpKeyVersion', { type: count, of: ['PGPKey'] }),
  PKCS_12FriendlyName: field('pkcs12FriendlyName', { type: name, ...free }),
  ProcessStartDate: field('processStart', {
    type: date,
    set: 'any time',
    modify: untilReached('processStart'),
  }),
  ProtectionLevel: field('protectionLevel', { type: oneOf('High', 'Low'), ...free }),
  ProtectionPeriod: field('protectionPeriod', { type: interval, ...free }),
  ProtectionStorageMask: known(word, ({ provider }) => (provider === 'software' ? 'Software' : 'Hardware')),
  ProtectStopDate: field('protectStop', {
    type: date,
    set: 'any time',
    modify: untilReached('protectStop'),
    endsLeases: true,
  }),
  QuantumSafe: field('quantumSafe', { type: flag, ...free }),
  RandomNumberGenerator: field('randomNumberGenerator', {
    type: structure({
      rngAlgorithm: word,
      'cryptographicAlgorithm?': word,
      'cryptographicLength?': count,
      'hashingAlgorithm?': word,
      'drbgAlgorithm?': word,
      'recommendedCurve?': word,
      'fips186Variation?': word,
      'predictionResistance?': flag,
    }),
    set: 'made',
  }),
  RevocationReason: known(
    structure({ reason: word, 'message?': text() }),
    ({ values: { revocationReason: reason, revocationMessage: message } }) =>
      reason && { reason, ...(message !== undefined && { message }) },
  ),
  SecretDataType: field('secretDataType', { type: word, of: ['SecretData'] }),
  Sensitive: {
    type: flag,
    set: 'made',
    modify: true,
    onlyTo: true,
    read: ({ values }) => values.sensitive,
    write: (stored, before) => ({
      values: {
        sensitive: stored as boolean,
        ...(before && !before.values.sensitive && { alwaysSensitive: false }),
      },
    }),
  },
  ShortUniqueIdentifier: known(word, ({ id }) => id.replaceAll('-', '')),
  State: known(word, ({ state }) => state),
  UniqueIdentifier: known(id, (object) => object.id),
  UsageLimits: field('usageLimits', {
    type: structure({ total: whole(1, Number.MAX_SAFE_INTEGER), unit: oneOf('Byte', 'Object') }),
    ...free,
    untilUsed: true,
    endsLeases: true,
    of: keys,
  }),
  VendorAttribute: field('vendorAttributes', {
    type: vendorAttribute,
    ...several,
    reserved: ({ vendor }: VendorAttribute) => vendor === 'y',
  }),
  X_509CertificateIdentifier: known(
    structure({ issuer: text(longestName), serial: text() }),
    ({ values: { certificate } }) =>
      certificate?.encoded && {
        issuer: certificate.encoded.issuer,
        serial: serialDer(certificate.encoded),
      },
  ),
  X_509CertificateIssuer: known(
    structure({ name: text(longestName), 'alternatives?': text(longestName) }),
    ({ values }) => withAlternatives(values.certificate?.encoded, 'issuer'),
  ),
  X_509CertificateSubject: known(
    structure({ name: text(longestName), 'alternatives?': text(longestName) }),
    ({ values }) => withAlternatives(values.certificate?.encoded, 'subject'),
  ),
} as const satisfies Record<string, AttributeRule>

export type AttributeName = keyof typeof attributes

export const attributeNames = Object.keys(attributes) as AttributeName[]

const formatTypes: Readonly<Record<ObjectType, string | undefined>> = {
  Certificate: 'X_509',
  CertificateRequest: undefined,
  OpaqueObject: undefined,
  PGPKey: 'Raw',
  PrivateKey: 'PKCS_8',
  PublicKey: 'X_509',
  SecretData: 'Opaque',
  SplitKey: 'Raw',
  SymmetricKey: 'Raw',
  Template: undefined,
}
