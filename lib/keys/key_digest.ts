import type { DigestFormat } from '../native/index.js'
import type { ManagedObject, ObjectAttributes, ObjectType } from '../operation/index.js'
import { attributesOf } from './attributes/index.js'
import type { KeyServices } from './services.js'

/** KMIP's Key Format Types of keys whose digest is told. Of data there is none: a password may be guessed by it. */
const formats: Readonly<Record<string, DigestFormat>> = {
  Raw: 'raw',
  PKCS_1: 'pkcs1',
  PKCS_8: 'pkcs8',
  X_509: 'spki',
  ECPrivateKey: 'sec1',
  TransparentSymmetricKey: 'transparent',
  TransparentRSAPrivateKey: 'transparent',
  TransparentRSAPublicKey: 'transparent',
  TransparentECPrivateKey: 'transparent',
  TransparentECPublicKey: 'transparent',
  TransparentECDSAPrivateKey: 'transparent',
  TransparentECDSAPublicKey: 'transparent',
}
const keyTypes: readonly ObjectType[] = ['PGPKey', 'PrivateKey', 'PublicKey', 'SymmetricKey']

/** SHA-256 of a key in the format that it is given out in; undefined where it has none, or none is told. */
export async function keyDigest(
  services: KeyServices,
  object: ManagedObject,
): Promise<ObjectAttributes['digest'] | undefined> {
  if (!object.material || !keyTypes.includes(object.type)) return undefined
  const keyFormatType = String(attributesOf(object, ['KeyFormatType']).KeyFormatType)
  const format = formats[keyFormatType]
  if (format === undefined) return undefined
  const provider = services.provider(object.provider)
  // What is on a token is not read.
  if (provider.external && object.type !== 'PublicKey') return undefined
  const digest = await provider.open(object).digest(format)
  return { value: digest.toString('hex'), keyFormatType }
}
