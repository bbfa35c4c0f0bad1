import { isMortiseError, MortiseError } from '../../errors/index.js'
import { changedRow, newPrivateData, newPrivateMacKey } from '../../keys/index.js'
import {
  AlreadyDone,
  type ManagedObject,
  type ObjectRow,
  type RecordWrite,
  type SystemOperation,
} from '../../operation/index.js'
import type { Services } from '../services.js'
import { olderOf, removeOlder, writeOlder } from './older.js'
import { keyservicePrincipal } from './principal.js'

const indexKeyName = 'mortise-keyservice-index'
const indexKeyNamed = { name: indexKeyName, owner: keyservicePrincipal }

/** An object of the keyservice's own by its name, where there is one. */
export async function ownObject({ objects }: Services, name: string): Promise<ManagedObject | undefined> {
  try {
    const object = objects.known({ object: name }) ?? (await objects.find({ object: name }))
    return object.owner === keyservicePrincipal.id ? object : undefined
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_KEY_NOT_FOUND')) return undefined
    throw error
  }
}

/** Makes the key by which the objects of users are named, once in the life of a store. */
export const makeIndexKey: SystemOperation<Services, object, void> = {
  name: 'KeyserviceIndex',
  permission: 'Create',
  durability: 'synced',
  async prepare(services) {
    if (await ownObject(services, indexKeyName)) throw new AlreadyDone()
    const row = await newPrivateMacKey(services, indexKeyNamed)
    return { answer: undefined, rows: { objects: [{ row }] }, object: row.id }
  },
}

/**
 * The name of the object that is a user's: nobody tells from it whose it is. Lengths stand before the texts, so that no two pairs meet.
 *
 * @returns undefined where no user has one, for want of the key
 */
export async function blobName(
  services: Services,
  namespace: string,
  user: string,
): Promise<string | undefined> {
  const key = await ownObject(services, indexKeyName)
  if (!key) return undefined
  const parts = [namespace, user].flatMap((text) => {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return [length, bytes]
  })
  const mac = await services.provider(key.provider).open(key).mac(Buffer.concat(parts))
  return `keyservice-${mac.toString('base64url')}`
}

/** Its version is the row's: a name for what it has now, and nothing about it. */
export function etagOf({ id, version }: Pick<ObjectRow, 'id' | 'version'>): string {
  return `"${id}.${version}"`
}

/** The caller wipes it. Not by the provider, which keeps keys that are open by their ids: what this one holds changes. */
export function bytesOf({ barrier }: Services, object: ManagedObject): Buffer {
  if (!object.material) throw new MortiseError('MORTISE_KEY_STATE', 'it was forgotten')
  return barrier.openSecret(object.material, object)
}

export function newBlob(services: Services, name: string, bytes: Uint8Array): ObjectRow {
  return newPrivateData(services, { name, owner: keyservicePrincipal }, bytes)
}

/**
 * Puts other bytes in the place of those that there are, which are kept.
 *
 * @param versions how many are kept, with the new one
 */
export async function replaced(
  services: Services,
  object: ManagedObject,
  bytes: Uint8Array,
  versions: number,
): Promise<{ readonly blob: ObjectRow; readonly records: readonly RecordWrite[] }> {
  const material = services.provider(object.provider).importData(bytes, object)
  const blob = changedRow(services.barrier, object, { material })
  const older = await olderOf(services, object)
  const excess = older.slice(0, Math.max(0, older.length + 2 - versions)).map(removeOlder)
  if (versions === 1) return { blob, records: excess }
  const before = bytesOf(services, object)
  try {
    return { blob, records: [...excess, writeOlder(services.barrier, object, before, services.clock.now())] }
  } finally {
    before.fill(0)
  }
}

/** The rows with which nothing is left of a user but that there was one. */
export async function erased(services: Services, object: ManagedObject) {
  const row = changedRow(services.barrier, object, {
    state: 'Destroyed',
    name: null,
    material: null,
    values: { destroyed: services.clock.now() },
  })
  return { objects: [{ row }], records: (await olderOf(services, object)).map(removeOlder) }
}
