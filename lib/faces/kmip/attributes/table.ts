import { type AttributeName, attributeNames } from '../../../core/index.js'
import { readItem, structure, text } from '../fields.js'
import { attributes, isKnown, Tag } from '../tables/index.js'
import type { AttributeRow, Version } from '../tables/rows.js'
import { algorithmNames } from '../words.js'
import {
  bitsOf,
  bytes,
  date,
  digits,
  fieldsOf,
  flag,
  long,
  oneOf,
  seconds,
  severalBytes,
  type ValueCodec,
  whole,
  words,
} from './values.js'

/** An attribute of the core as KMIP writes it. */
export interface AttributeCodec {
  readonly core: AttributeName
  readonly codec: ValueCodec
}

const idShape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** The core takes no name that looks like an identifier. KMIP tells them apart, and some clients give such names. */
const idNamed = 'name:'

export function coreName(name: string): string {
  return idShape.test(name) ? `${idNamed}${name}` : name
}

/** Name is a structure whose type nobody uses. */
const name: ValueCodec = {
  read(message, item) {
    return coreName(readItem(message, item, structure).required(Tag.NameValue, text))
  },
  write(writer, tag, value) {
    const kept = String(value)
    const said = kept.startsWith(idNamed) ? kept.slice(idNamed.length) : kept
    writer.begin(tag)
    writer.text(Tag.NameValue, idShape.test(said) ? said : kept)
    writer.enumeration(Tag.NameType, 1)
    writer.end()
  },
  isKnown: () => true,
}

const linkTypes = {
  certificate: 'CertificateLink',
  publicKey: 'PublicKeyLink',
  privateKey: 'PrivateKeyLink',
  derivationBase: 'DerivationBaseObjectLink',
  derivedKey: 'DerivedKeyLink',
  replacement: 'ReplacementObjectLink',
  replaced: 'ReplacedObjectLink',
  parent: 'ParentLink',
  child: 'ChildLink',
  previous: 'PreviousLink',
  next: 'NextLink',
  pkcs12Certificate: 'PKCS_12CertificateLink',
  pkcs12Password: 'PKCS_12PasswordLink',
  wrappingKey: 'WrappingKeyLink',
}

/** SEC 2 and FIPS 186 name curves; KMIP has a value for each name of some of them. */
export const curveNames = {
  'P-256': 'P_256',
  'P-384': 'P_384',
  'P-521': 'P_521',
  secp256k1: 'SECP256K1',
}
const curve = oneOf('RecommendedCurve', curveNames)

export const cryptographicParameters = fieldsOf({
  blockCipherMode: [Tag.BlockCipherMode, oneOf('BlockCipherMode')],
  paddingMethod: [Tag.PaddingMethod, oneOf('PaddingMethod')],
  hashingAlgorithm: [Tag.HashingAlgorithm, oneOf('HashingAlgorithm')],
  keyRoleType: [Tag.KeyRoleType, oneOf('KeyRoleType')],
  digitalSignatureAlgorithm: [Tag.DigitalSignatureAlgorithm, oneOf('DigitalSignatureAlgorithm'), '1.2'],
  cryptographicAlgorithm: [Tag.CryptographicAlgorithm, oneOf('CryptographicAlgorithm'), '1.2'],
  randomIv: [Tag.RandomIV, flag, '1.2'],
  ivLength: [Tag.IVLength, whole, '1.2'],
  tagLength: [Tag.TagLength, whole, '1.2'],
  fixedFieldLength: [Tag.FixedFieldLength, whole, '1.2'],
  invocationFieldLength: [Tag.InvocationFieldLength, whole, '1.2'],
  counterLength: [Tag.CounterLength, whole, '1.2'],
  initialCounterValue: [Tag.InitialCounterValue, whole, '1.2'],
  saltLength: [Tag.SaltLength, whole, '1.4'],
  maskGenerator: [Tag.MaskGenerator, oneOf('MaskGenerator'), '1.4'],
  maskGeneratorHashingAlgorithm: [Tag.MaskGeneratorHashingAlgorithm, oneOf('HashingAlgorithm'), '1.4'],
  pSource: [Tag.PSource, bytes, '1.4'],
  trailerField: [Tag.TrailerField, whole, '1.4'],
})

/** By the names of the specification's tables. What is not here, the core does not have. */
export const codecs: Readonly<Record<string, AttributeCodec>> = {
  UniqueIdentifier: { core: 'UniqueIdentifier', codec: words },
  Name: { core: 'Name', codec: name },
  ObjectType: { core: 'ObjectType', codec: oneOf('ObjectType') },
  CryptographicAlgorithm: {
    core: 'CryptographicAlgorithm',
    codec: oneOf('CryptographicAlgorithm', algorithmNames),
  },
  CryptographicLength: { core: 'CryptographicLength', codec: whole },
  CryptographicParameters: { core: 'CryptographicParameters', codec: cryptographicParameters },
  CryptographicDomainParameters: {
    core: 'CryptographicDomainParameters',
    codec: fieldsOf({ curve: [Tag.RecommendedCurve, curve] }),
  },
  CertificateType: { core: 'CertificateType', codec: oneOf('CertificateType') },
  CertificateLength: { core: 'CertificateLength', codec: whole },
  CertificateIdentifier: {
    core: 'CertificateIdentifier',
    codec: fieldsOf({ issuer: [Tag.Issuer, words], serial: [Tag.SerialNumber, digits] }),
  },
  CertificateSubject: {
    core: 'CertificateSubject',
    codec: alone(Tag.CertificateSubjectDistinguishedName),
  },
  CertificateIssuer: {
    core: 'CertificateIssuer',
    codec: alone(Tag.CertificateIssuerDistinguishedName),
  },
  ...nameParts(),
  X_509CertificateIdentifier: {
    core: 'X_509CertificateIdentifier',
    codec: fieldsOf({
      issuer: [Tag.IssuerDistinguishedName, bytes],
      serial: [Tag.CertificateSerialNumber, bytes],
    }),
  },
  X_509CertificateSubject: {
    core: 'X_509CertificateSubject',
    codec: fieldsOf({
      name: [Tag.SubjectDistinguishedName, bytes],
      alternatives: [Tag.SubjectAlternativeName, severalBytes],
    }),
  },
  X_509CertificateIssuer: {
    core: 'X_509CertificateIssuer',
    codec: fieldsOf({
      name: [Tag.IssuerDistinguishedName, bytes],
      alternatives: [Tag.IssuerAlternativeName, severalBytes],
    }),
  },
  DigitalSignatureAlgorithm: {
    core: 'DigitalSignatureAlgorithm',
    codec: oneOf('DigitalSignatureAlgorithm'),
  },
  Digest: {
    core: 'Digest',
    codec: fieldsOf({
      hashingAlgorithm: [Tag.HashingAlgorithm, oneOf('HashingAlgorithm')],
      value: [Tag.DigestValue, bytes],
      keyFormatType: [Tag.KeyFormatType, oneOf('KeyFormatType'), '1.1'],
    }),
  },
  CryptographicUsageMask: { core: 'CryptographicUsageMask', codec: bitsOf('CryptographicUsageMask') },
  LeaseTime: { core: 'LeaseTime', codec: seconds },
  UsageLimits: {
    core: 'UsageLimits',
    codec: fieldsOf({
      total: [Tag.UsageLimitsTotal, long],
      left: [Tag.UsageLimitsCount, long],
      unit: [Tag.UsageLimitsUnit, oneOf('UsageLimitsUnit')],
    }),
  },
  State: { core: 'State', codec: oneOf('State') },
  InitialDate: { core: 'InitialDate', codec: date },
  ActivationDate: { core: 'ActivationDate', codec: date },
  ProcessStartDate: { core: 'ProcessStartDate', codec: date },
  ProtectStopDate: { core: 'ProtectStopDate', codec: date },
  DeactivationDate: { core: 'DeactivationDate', codec: date },
  DestroyDate: { core: 'DestroyDate', codec: date },
  CompromiseOccurrenceDate: { core: 'CompromiseOccurrenceDate', codec: date },
  CompromiseDate: { core: 'CompromiseDate', codec: date },
  RevocationReason: {
    core: 'RevocationReason',
    codec: fieldsOf({
      reason: [Tag.RevocationReasonCode, oneOf('RevocationReasonCode')],
      message: [Tag.RevocationMessage, words],
    }),
  },
  ArchiveDate: { core: 'ArchiveDate', codec: date },
  ObjectGroup: { core: 'ObjectGroup', codec: words },
  Fresh: { core: 'Fresh', codec: flag },
  Link: {
    core: 'Link',
    codec: fieldsOf({
      type: [Tag.LinkType, oneOf('LinkType', linkTypes)],
      object: [Tag.LinkedObjectIdentifier, words],
    }),
  },
  ApplicationSpecificInformation: {
    core: 'ApplicationSpecificInformation',
    codec: fieldsOf({ namespace: [Tag.ApplicationNamespace, words], data: [Tag.ApplicationData, words] }),
  },
  ContactInformation: { core: 'ContactInformation', codec: words },
  LastChangeDate: { core: 'LastChangeDate', codec: date },
  AlternativeName: {
    core: 'AlternativeName',
    codec: fieldsOf({
      value: [Tag.AlternativeNameValue, words],
      type: [Tag.AlternativeNameType, oneOf('AlternativeNameType')],
    }),
  },
  // Clients are told of it where there is no value (KMIP 1.4 section 3.41).
  KeyValuePresent: { core: 'KeyValuePresent', codec: { ...flag, isKnown: (value) => value === false } },
  KeyValueLocation: {
    core: 'KeyValueLocation',
    codec: fieldsOf({
      value: [Tag.KeyValueLocationValue, words],
      type: [Tag.KeyValueLocationType, oneOf('KeyValueLocationType')],
    }),
  },
  OriginalCreationDate: { core: 'OriginalCreationDate', codec: date },
  RandomNumberGenerator: {
    core: 'RandomNumberGenerator',
    codec: fieldsOf({
      rngAlgorithm: [Tag.RNGAlgorithm, oneOf('RNGAlgorithm')],
      cryptographicAlgorithm: [Tag.CryptographicAlgorithm, oneOf('CryptographicAlgorithm')],
      cryptographicLength: [Tag.CryptographicLength, whole],
      hashingAlgorithm: [Tag.HashingAlgorithm, oneOf('HashingAlgorithm')],
      drbgAlgorithm: [Tag.DRBGAlgorithm, oneOf('DRBGAlgorithm')],
      recommendedCurve: [Tag.RecommendedCurve, oneOf('RecommendedCurve')],
      fips186Variation: [Tag.FIPS186Variation, oneOf('FIPS186Variation')],
      predictionResistance: [Tag.PredictionResistance, flag],
    }),
  },
  ShortUniqueIdentifier: { core: 'ShortUniqueIdentifier', codec: bytes },
  PKCS_12FriendlyName: { core: 'PKCS_12FriendlyName', codec: words },
  Description: { core: 'Description', codec: words },
  Comment: { core: 'Comment', codec: words },
  Sensitive: { core: 'Sensitive', codec: flag },
  AlwaysSensitive: { core: 'AlwaysSensitive', codec: flag },
  Extractable: { core: 'Extractable', codec: flag },
  NeverExtractable: { core: 'NeverExtractable', codec: flag },
  KeyFormatType: { core: 'KeyFormatType', codec: oneOf('KeyFormatType') },
  NISTKeyType: { core: 'NISTKeyType', codec: oneOf('NISTKeyType') },
  OpaqueDataType: { core: 'OpaqueDataType', codec: oneOf('OpaqueDataType') },
  ProtectionLevel: { core: 'ProtectionLevel', codec: oneOf('ProtectionLevel') },
  ProtectionStorageMask: { core: 'ProtectionStorageMask', codec: bitsOf('ProtectionStorageMask') },
  ProtectionPeriod: { core: 'ProtectionPeriod', codec: seconds },
  QuantumSafe: { core: 'QuantumSafe', codec: flag },
}

/** Texts of the names of certificates, by the part: since 1.4. */
function nameParts(): Readonly<Record<string, AttributeCodec>> {
  const parts = attributeNames.filter((name) => /^Certificate(Subject|Issuer)[A-Z]/.test(name))
  return Object.fromEntries(parts.map((core) => [core, { core, codec: words }]))
}

/** A structure of one text, which the core has without the structure. */
function alone(tag: number): ValueCodec {
  return {
    read: (message, item) => readItem(message, item, structure).required(tag, text),
    write(writer, outer, value) {
      writer.begin(outer)
      writer.text(tag, value as string)
      writer.end()
    },
    isKnown: () => true,
  }
}

interface Known extends AttributeCodec {
  readonly row: AttributeRow
  readonly tag: number
}

const tagsByName: Readonly<Record<string, number>> = Tag
const known: readonly Known[] = attributes.flatMap((row) => {
  const one = codecs[row.name]
  const tag = tagsByName[row.tag]
  return one === undefined || tag === undefined ? [] : [{ ...one, row, tag }]
})

/** What each version has, made when it is first asked for. */
const perVersion = new Map<Version, VersionAttributes>()

export interface VersionAttributes {
  readonly all: readonly Known[]
  readonly byText: ReadonlyMap<string, Known>
  readonly byTag: ReadonlyMap<number, Known>
  readonly byCore: ReadonlyMap<AttributeName, Known>
}

export function attributesOf(version: Version): VersionAttributes {
  const made = perVersion.get(version) ?? makeVersion(version)
  perVersion.set(version, made)
  return made
}

function makeVersion(version: Version): VersionAttributes {
  const all = known.filter(({ row }) => isKnown(row, version))
  return {
    all,
    byText: new Map(all.map((one) => [one.row.attributeName, one])),
    byTag: new Map(all.map((one) => [one.tag, one])),
    byCore: new Map([...all].reverse().map((one) => [one.core, one])),
  }
}

/** Whether the specification has an attribute of the name in a version, be it one that the core does not have. */
export function isSpecified(attributeName: string, version: Version): boolean {
  return attributes.some((row) => row.attributeName === attributeName && isKnown(row, version))
}
