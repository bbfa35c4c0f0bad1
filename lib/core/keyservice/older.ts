import { type Barrier, RecordReader, type Stored, writeRecord } from '../../barrier/index.js'
import type { ManagedObject, RecordWrite } from '../../operation/index.js'
import type { Services } from '../services.js'

const namespace = 'keyservice-version'

/** What a user kept before. */
interface Older {
  /** Base64. */
  readonly bytes: string
  /** The version of the object that it was. */
  readonly version: number
  /** When another came in its place: milliseconds since 1970. */
  readonly replaced: number
}

/** Those of an object, oldest first. */
export async function olderOf(
  { store, barrier }: Pick<Services, 'store' | 'barrier'>,
  object: ManagedObject,
): Promise<readonly Stored<Older>[]> {
  const older: Stored<Older>[] = []
  const reader = new RecordReader<Older>(store, barrier, namespace)
  for await (const one of reader.all({ field: 'object', value: object.id })) older.push(one)
  return older
}

export function writeOlder(barrier: Barrier, object: ManagedObject, bytes: Buffer, now: number): RecordWrite {
  const { id, version } = object
  // Keys are in the order of versions.
  const key = `${id}/${String(version).padStart(10, '0')}`
  const value: Older = { bytes: bytes.toString('base64'), version, replaced: now }
  return writeRecord(barrier, { namespace, key, version: 1, expires: null, index: { object: id } }, value)
}

export function removeOlder({ key }: Stored<Older>): RecordWrite {
  return { remove: { namespace, key } }
}
