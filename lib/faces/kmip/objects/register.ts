import type { KeyFormat, ObjectInfo, Session } from '../../../core/index.js'
import { refuse } from '../engine/refusal.js'
import { keyAttributes, type NewObject, requireAlgorithm } from './new_object.js'
import type { ReadObject } from './read_object.js'

/** Formats that say themselves what the key is. */
const telling: readonly (KeyFormat | undefined)[] = ['pkcs1', 'pkcs8', 'sec1', 'spki']

/** Has the core take in an object that a client has sent. */
export function registerRead(
  session: Pick<Session, 'register' | 'registerObject'>,
  read: ReadObject,
  said: NewObject,
): Promise<ObjectInfo> {
  const { type, material } = read
  const algorithm = read.algorithm ?? said.algorithm
  const length = read.length ?? said.length
  const made: NewObject = {
    ...said,
    ...(algorithm !== undefined && { algorithm }),
    ...(length !== undefined && { length }),
  }
  switch (type) {
    case 'Certificate':
      return session.registerObject({ type, material, ...keyAttributes(said, undefined) })
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
        ...keyAttributes(made, type, read.keyFormat),
      })
    default:
      throw refuse('InvalidObjectType', `objects of the type ${type} are not kept`)
  }
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
