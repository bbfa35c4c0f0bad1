import {
  type AttributeName,
  algorithms,
  type KeyFormat,
  type NewKeyAttributes,
  type ObjectInfo,
  type Session,
} from '../../../core/index.js'
import type { GivenAttribute } from '../attributes/read.js'
import { refuse } from '../engine/refusal.js'
import { coreAlgorithm, coreLength, keyAttributes, type NewObject, requireAlgorithm } from './new_object.js'
import type { ReadObject } from './read_object.js'

/** What key material says of itself, as attributes would. */
export function foundIn({ algorithm, length }: ReadObject): readonly GivenAttribute[] {
  const found = { CryptographicAlgorithm: algorithm, CryptographicLength: length }
  return Object.entries(found).flatMap(([core, value]) =>
    value === undefined ? [] : [{ core: core as AttributeName, value, index: undefined }],
  )
}

/** Formats that say themselves what the key is. */
const telling: readonly (KeyFormat | undefined)[] = ['pkcs1', 'pkcs8', 'sec1', 'spki']

/** What takes objects in. A server that is not this process takes in nothing whose value is elsewhere. */
type Registering = Pick<Session, 'register' | 'registerObject' | 'registerShare'> &
  Partial<Pick<Session, 'registerElsewhere'>>

/** Has the core take in an object that a client has sent. */
export function registerRead(session: Registering, read: ReadObject, said: NewObject): Promise<ObjectInfo> {
  const { type, material } = read
  const algorithm = read.algorithm ?? said.algorithm
  const length = read.length ?? said.length
  const made: NewObject = {
    ...said,
    ...(algorithm !== undefined && { algorithm }),
    ...(length !== undefined && { length }),
  }
  if (read.elsewhere) return registerElsewhere(session, type, made)
  switch (type) {
    case 'Certificate':
      return session.registerObject({ type, material, ...unseen(keyAttributes(said, undefined)) })
    case 'SecretData':
      return session.registerObject({
        type,
        material,
        secretDataType: read.secretDataType === 'Seed' ? 'Seed' : 'Password',
        ...keyAttributes(said, undefined, read.keyFormat),
      })
    case 'OpaqueObject':
      return session.registerObject({
        type,
        material,
        ...(read.opaqueDataType !== undefined && { opaqueDataType: read.opaqueDataType }),
        ...keyAttributes(said, undefined),
      })
    case 'CertificateRequest':
      return session.registerObject({
        type,
        material,
        ...(read.certificateRequestType !== undefined && {
          certificateRequestType: read.certificateRequestType,
        }),
        ...keyAttributes(said, undefined),
      })
    case 'PGPKey':
      return session.registerObject({
        type,
        material,
        ...(read.pgpKeyVersion !== undefined && { pgpKeyVersion: read.pgpKeyVersion }),
        ...unseen(asStated(made, read.keyFormat)),
      })
    case 'Template':
      return session.registerObject({ type, material, ...asStated(descriptive(said)) })
    case 'SymmetricKey':
    case 'PublicKey':
    case 'PrivateKey':
      return session.register({
        material,
        ...(!(telling.includes(read.format) && algorithm === undefined) && {
          algorithm: requireAlgorithm(algorithm),
        }),
        ...formatOf(read),
        ...(read.wrapping && { wrapping: read.wrapping }),
        ...unseen(keyAttributes(made, type, read.keyFormat)),
      })
    case 'SplitKey': {
      const row = coreAlgorithm(algorithm)
      if (!read.splitKey) throw refuse('InvalidField', 'the payload has no Split Key')
      return session.registerShare({
        material,
        splitKey: {
          ...read.splitKey,
          ...(row !== undefined && { of: algorithms[row].kind === 'secret' ? 'SymmetricKey' : 'PrivateKey' }),
        },
        ...(row !== undefined && { algorithm: row }),
        ...(row !== undefined && length !== undefined && { length: coreLength(row, length) }),
        ...ofShare(keyAttributes(made, undefined, read.keyFormat)),
      })
    }
    default:
      throw refuse('InvalidObjectType', `objects of the type ${type} are not kept`)
  }
}

function registerElsewhere(session: Registering, type: string, made: NewObject): Promise<ObjectInfo> {
  if (
    !session.registerElsewhere ||
    (type !== 'PrivateKey' && type !== 'PublicKey' && type !== 'SymmetricKey')
  )
    throw refuse('KeyValueNotPresent', 'it is not kept without its value: the Key Value is missing')
  const algorithm = requireAlgorithm(made.algorithm)
  const { length, curve } = made
  return session.registerElsewhere({
    type,
    algorithm,
    ...(length !== undefined && { length: coreLength(algorithm, length) }),
    ...(curve !== undefined && { curve }),
    ...keyAttributes(made, type, made.keyFormat),
  })
}

/** Nobody has got it yet. */
function unseen(given: NewKeyAttributes): NewKeyAttributes {
  return { ...given, attributes: { Fresh: true, ...given.attributes } }
}

/** What the core does not know what to do with is told as it came. */
function asStated(said: NewObject, keyFormat?: string): NewKeyAttributes {
  const { algorithm, length, mask } = said
  const words = mask?.split(' ').filter((word) => word !== '')
  return {
    ...keyAttributes(said, undefined),
    usage: [],
    stated: {
      ...(algorithm !== undefined && { algorithm }),
      ...(length !== undefined && { length }),
      ...(words?.length && { usage: words }),
      ...(keyFormat !== undefined && { keyFormat }),
    },
  }
}

/** Attributes that describe an object, whatever it is: the dates and limits in a template are those of what is made by it. */
const describing = [
  'AlternativeName',
  'ApplicationSpecificInformation',
  'Comment',
  'ContactInformation',
  'Description',
  'ObjectGroup',
  'VendorAttribute',
] as const

function descriptive({ attributes, ...said }: NewObject): NewObject {
  const kept = describing.filter((name) => attributes[name] !== undefined)
  return { ...said, attributes: Object.fromEntries(kept.map((name) => [name, attributes[name]])) }
}

/** Nothing is done with a share but joining it. */
function ofShare({ usage: _, callerIv: __, ...attributes }: NewKeyAttributes) {
  return attributes
}

function formatOf({ type, format, keyFormat, wrapping }: ReadObject): { format?: KeyFormat } {
  if (wrapping) return type === 'SymmetricKey' ? {} : { format: 'pkcs8' }
  if (type === 'SymmetricKey') {
    if (format === 'raw') return { format }
    throw refuse('KeyFormatTypeNotSupported', `symmetric keys are not read in the format ${keyFormat}`)
  }
  if (format === undefined || format === 'raw')
    throw refuse('KeyFormatTypeNotSupported', `keys of pairs are not read in the format ${keyFormat}`)
  return { format }
}
