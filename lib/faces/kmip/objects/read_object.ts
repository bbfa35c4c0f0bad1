import type { KeyFormat, SplitKeyFacts, Wrapping } from '../../../core/index.js'
import { ItemType } from '../../../native/index.js'
import { oneOf } from '../attributes/values.js'
import { refuse } from '../engine/refusal.js'
import { byteString, enumerated, type Fields, integer, type Kind, structure } from '../fields.js'
import { enumerationNames, Tag } from '../tables/index.js'
import type { Version } from '../version.js'
import { algorithmNames } from '../words.js'
import { sharingIn } from './split_method.js'
import { encodedTemplate } from './template.js'
import { transparent } from './transparent.js'
import { wrappingIn } from './wrapping.js'

export const objectTypes = enumerationNames('ObjectType')
export const keyFormats = enumerationNames('KeyFormatType')

/** An object as a client sends it. The caller wipes the material. */
export interface ReadObject {
  /** Whether its value is kept elsewhere: then there is no material. */
  readonly elsewhere?: true
  readonly type: string
  readonly material: Buffer
  /** KMIP's. */
  readonly keyFormat?: string
  readonly format?: KeyFormat
  readonly algorithm?: string
  readonly length?: number
  readonly wrapping?: Wrapping
  readonly secretDataType?: string
  readonly opaqueDataType?: string
  readonly certificateRequestType?: string
  readonly pgpKeyVersion?: number
  readonly splitKey?: Omit<SplitKeyFacts, 'split' | 'of'>
}

const coreFormats: Readonly<Record<string, KeyFormat>> = {
  Raw: 'raw',
  PKCS_1: 'pkcs1',
  PKCS_8: 'pkcs8',
  X_509: 'spki',
  ECPrivateKey: 'sec1',
}

/** @throws MORTISE_KMIP_MALFORMED, KeyFormatTypeNotSupported, KeyWrapTypeNotSupported */
export function readObject(payload: Fields, type: string, version: Version): ReadObject {
  const tag = (Tag as Readonly<Record<string, number>>)[type]
  const object = tag === undefined ? undefined : payload.optional(tag, structure)
  if (!object) throw refuse('InvalidField', `the payload has no ${type}`)
  switch (type) {
    case 'Certificate': {
      if (object.required(Tag.CertificateType, enumerated) !== 1)
        throw refuse('InvalidField', 'only certificates of X.509 are kept')
      return { type, material: copy(object.required(Tag.CertificateValue, byteString)) }
    }
    case 'CertificateRequest':
      return {
        type,
        material: copy(object.required(Tag.CertificateRequestValue, byteString)),
        certificateRequestType: nameIn(object, Tag.CertificateRequestType, 'CertificateRequestType'),
      }
    case 'PGPKey':
      return { type, ...readBlock(object), pgpKeyVersion: object.required(Tag.PGPKeyVersion, integer) }
    case 'Template':
      return { type, material: encodedTemplate(object) }
    case 'OpaqueObject':
      return {
        type,
        material: copy(object.required(Tag.OpaqueDataValue, byteString)),
        opaqueDataType: nameIn(object, Tag.OpaqueDataType, 'OpaqueDataType'),
      }
    case 'SecretData':
      return {
        type,
        ...readBlock(object),
        secretDataType: nameIn(object, Tag.SecretDataType, 'SecretDataType'),
      }
    case 'SplitKey':
      return {
        type,
        ...readBlock(object),
        splitKey: {
          parts: object.required(Tag.SplitKeyParts, integer),
          identifier: object.required(Tag.KeyPartIdentifier, integer),
          threshold: object.required(Tag.SplitKeyThreshold, integer),
          ...sharingIn(object, version),
        },
      }
    case 'PublicKey': {
      const block = readBlock(object)
      // As Cosmian's clients call it.
      return { type, ...block, ...(block.format === 'pkcs8' && { format: 'spki' }) }
    }
    case 'SymmetricKey':
    case 'PrivateKey':
      return { type, ...readBlock(object) }
    default:
      throw refuse('InvalidObjectType', `objects of the type ${type} are not kept`)
  }
}

function readBlock(object: Fields): Omit<ReadObject, 'type'> {
  const block = object.required(Tag.KeyBlock, structure)
  if (block.typeOf(Tag.KeyCompressionType) !== undefined)
    throw refuse('KeyCompressionTypeNotSupported', 'points are not compressed here')
  const number = block.required(Tag.KeyFormatType, enumerated)
  const keyFormat = keyFormats.name(number)
  if (keyFormat === undefined) throw refuse('KeyFormatTypeNotSupported', 'nobody knows the Key Format Type')
  const known = {
    keyFormat,
    ...read(
      block,
      Tag.CryptographicAlgorithm,
      (fields, tag) => nameIn(fields, tag, 'CryptographicAlgorithm', algorithmNames),
      'algorithm',
    ),
    ...read(block, Tag.CryptographicLength, (fields, tag) => fields.required(tag, integer), 'length'),
  }
  const wrapping = wrappingIn(block)
  if (wrapping) return { ...known, wrapping, material: copy(block.required(Tag.KeyValue, byteString)) }
  if (block.typeOf(Tag.KeyValue) === undefined)
    return { ...known, material: Buffer.alloc(0), elsewhere: true }
  const value = block.required(Tag.KeyValue, structure)
  const isTransparent = value.typeOf(Tag.KeyMaterial) === ItemType.Structure
  if (isTransparent) {
    const reader = transparent[keyFormat]
    if (!reader) throw refuse('KeyFormatTypeNotSupported', `keys are not read in the format ${keyFormat}`)
    return { ...known, ...reader.read(value.required(Tag.KeyMaterial, structure)) }
  }
  const material = copy(value.required(Tag.KeyMaterial, byteString))
  const format = coreFormats[keyFormat]
  return { ...known, material, ...(format && { format }) }
}

function read<Name extends string, Value>(
  fields: Fields,
  tag: number,
  reader: (fields: Fields, tag: number) => Value,
  name: Name,
): { readonly [name in Name]?: Value } {
  return (fields.typeOf(tag) === undefined ? {} : { [name]: reader(fields, tag) }) as {
    [name in Name]?: Value
  }
}

const named = (
  list: Parameters<typeof oneOf>[0],
  other?: Readonly<Record<string, string>>,
): Kind<string> => ({
  type: ItemType.Enumeration,
  read: (message, item) => String(oneOf(list, other).read(message, item)),
})

function nameIn(
  fields: Fields,
  tag: number,
  list: Parameters<typeof oneOf>[0],
  other?: Readonly<Record<string, string>>,
): string {
  return fields.required(tag, named(list, other))
}

/** Of its own, so that it can be wiped: the message may share its memory with others. */
function copy(bytes: Buffer): Buffer {
  return Buffer.from(bytes)
}
