import type { ExportedObject, KeyFormat, Wrapping } from '../../../core/index.js'
import { MortiseError } from '../../../errors/index.js'
import type { TtlvWriter } from '../../../native/index.js'
import { codecs } from '../attributes/table.js'
import { oneOf } from '../attributes/values.js'
import { enumeration, Tag } from '../tables/index.js'
import type { Version } from '../version.js'
import { keyFormats, objectTypes } from './read_object.js'
import { splitMethods } from './split_method.js'
import { decodedTemplate } from './template.js'
import { transparent } from './transparent.js'
import { writeWrapping } from './wrapping.js'

const CertificateType = enumeration('CertificateType')

/** What the core is asked for, for a Key Format Type. */
const coreFormats: Readonly<Record<string, KeyFormat>> = {
  Raw: 'raw',
  Opaque: 'raw',
  PKCS_1: 'pkcs1',
  PKCS_8: 'pkcs8',
  X_509: 'spki',
  ECPrivateKey: 'sec1',
}

/** @throws MORTISE_KEY_FORMAT for one that objects of the type do not have */
export function coreFormatOf(keyFormat: string, type: string): KeyFormat {
  if (keyFormat === 'PKCS_8' && type === 'PublicKey') return 'spki'
  const format = transparent[keyFormat]?.coreFormat ?? coreFormats[keyFormat]
  if (format === undefined || (format === 'raw' && (type === 'PublicKey' || type === 'PrivateKey')))
    throw new MortiseError(
      'MORTISE_KEY_FORMAT',
      `an object of the type ${type} is not given out in the format ${keyFormat}`,
    )
  return format
}

/** The object under the tag of its type. */
export function writeObject(
  writer: TtlvWriter,
  exported: ExportedObject,
  keyFormat: string,
  version: Version,
  wrapping?: Wrapping,
): void {
  const type = String(exported.attributes.ObjectType)
  const { material, attributes, splitKey } = exported
  if (type === 'Template') {
    const template = decodedTemplate(material)
    writer.copy(template, template.root)
    return
  }
  writer.begin((Tag as Readonly<Record<string, number>>)[type] ?? 0)
  switch (type) {
    case 'Certificate':
      writer.enumeration(Tag.CertificateType, CertificateType.X_509)
      writer.byteString(Tag.CertificateValue, material)
      break
    case 'CertificateRequest':
      oneOf('CertificateRequestType').write(
        writer,
        Tag.CertificateRequestType,
        String(attributes.CertificateRequestType ?? 0),
        version,
      )
      writer.byteString(Tag.CertificateRequestValue, material)
      break
    case 'OpaqueObject':
      oneOf('OpaqueDataType').write(
        writer,
        Tag.OpaqueDataType,
        String(attributes.OpaqueDataType ?? 0),
        version,
      )
      writer.byteString(Tag.OpaqueDataValue, material)
      break
    default:
      if (type === 'SecretData') {
        const kind = String(attributes.SecretDataType)
        oneOf('SecretDataType').write(writer, Tag.SecretDataType, kind, version)
      }
      if (type === 'PGPKey') writer.integer(Tag.PGPKeyVersion, Number(attributes.PGPKeyVersion ?? 4))
      if (splitKey) {
        writer.integer(Tag.SplitKeyParts, splitKey.parts)
        writer.integer(Tag.KeyPartIdentifier, splitKey.identifier)
        writer.integer(Tag.SplitKeyThreshold, splitKey.threshold)
        writer.enumeration(Tag.SplitKeyMethod, splitMethods.value(splitKey.method) ?? 0)
        if (splitKey.prime !== undefined) writer.bigInteger(Tag.PrimeFieldSize, BigInt(`0x${splitKey.prime}`))
      }
      writeBlock(writer, exported, keyFormat, version, wrapping)
  }
  writer.end()
}

function writeBlock(
  writer: TtlvWriter,
  { material, attributes }: ExportedObject,
  keyFormat: string,
  version: Version,
  wrapping: Wrapping | undefined,
): void {
  writer.begin(Tag.KeyBlock)
  writer.enumeration(Tag.KeyFormatType, keyFormats.value(keyFormat) ?? 0)
  if (wrapping || keyFormat === 'PKCS_12') writer.byteString(Tag.KeyValue, material)
  else if (attributes.KeyValuePresent !== false) {
    writer.begin(Tag.KeyValue)
    const structured = transparent[keyFormat]
    if (structured) {
      writer.begin(Tag.KeyMaterial)
      structured.write(writer, material)
      writer.end()
    } else writer.byteString(Tag.KeyMaterial, material)
    writer.end()
  }
  const { CryptographicAlgorithm: algorithm, CryptographicLength: length } = attributes
  if (
    attributes.ObjectType !== 'SecretData' &&
    keyFormat !== 'PKCS_12' &&
    algorithm !== undefined &&
    length !== undefined
  ) {
    const codec = codecs['CryptographicAlgorithm']?.codec
    codec?.write(writer, Tag.CryptographicAlgorithm, String(algorithm), version)
    writer.integer(Tag.CryptographicLength, Number(length))
  }
  if (wrapping) writeWrapping(writer, wrapping)
  writer.end()
}

export function objectTypeValue(exported: ExportedObject): number {
  return objectTypes.value(String(exported.attributes.ObjectType)) ?? 0
}
