import type { KeyProvider } from '../hsm/index.js'
import { tokenKeyOf } from '../hsm/index.js'
import {
  AlreadyDone,
  type ManagedObject,
  type ObjectAttributes,
  type ObjectOperation,
  type ObjectRow,
  purposes,
  type RecordWrite,
} from '../operation/index.js'
import { newJob, originOf, type StoredJob } from './jobs.js'
import { changedRow } from './row.js'
import type { KeyServices } from './services.js'

type Claims = Pick<ObjectAttributes, 'extractable' | 'sensitive' | 'alwaysSensitive' | 'neverExtractable'>

/** What a token says of a secret key of its own, which holds whatever was asked for; nothing of other keys. */
export function claimsOf(material: Uint8Array): Partial<Claims> {
  const key = tokenKeyOf(material)
  if (!key || key.kind === 'public') return {}
  const { extractable, sensitive, alwaysSensitive, neverExtractable } = key
  return {
    ...(extractable !== undefined && { extractable }),
    ...(sensitive !== undefined && { sensitive }),
    ...(alwaysSensitive !== undefined && { alwaysSensitive }),
    ...(neverExtractable !== undefined && { neverExtractable }),
  }
}

/**
 * What becomes of the material of an object that is destroyed: what names a key on a token stays until that is gone too. Nobody can use it
 * any more, for the state of the object.
 */
export function materialLeft({ material }: ManagedObject): Uint8Array | null {
  return tokenKeyOf(material) ? material : null
}

/** The jobs that destroy on their tokens what was destroyed here: tried at once, and again for as long as a token does not answer. */
export function removalsFromTokens(
  { jobs, clock }: Pick<KeyServices, 'jobs' | 'clock'>,
  objects: readonly ManagedObject[],
  setBy: string,
): RecordWrite[] {
  return objects
    .filter(({ material }) => tokenKeyOf(material))
    .map(({ id }) => jobs.write(newJob('token', id, clock.now(), setBy)))
}

/** What the scheduler runs for such a job. */
export const removeFromToken: ObjectOperation<KeyServices, StoredJob, null> = {
  name: 'DestroyOnToken',
  permission: 'Destroy',
  durability: 'synced',
  states: ['Destroyed', 'DestroyedCompromised'],
  purposes,
  whileDoomed: true,
  archived: true,
  target: (input) => input,
  async prepare(services, _actor, { key }, object) {
    const job = await services.jobs.read(key)
    if (!job) throw new AlreadyDone()
    await services.provider(object.provider).destroy(object)
    return {
      answer: null,
      rows: {
        objects: [{ row: changedRow(services.barrier, object, { material: null }) }],
        records: [services.jobs.remove(job)],
      },
      detail: { token: object.provider, ...originOf(job) },
    }
  },
}

/** Takes keys off a token again whose objects were not written. See {@link undone} for keys that were used meanwhile. */
export function takenBack(provider: KeyProvider, rows: readonly Pick<ObjectRow, 'material'>[]) {
  if (!provider.external) return {}
  return {
    abandon: () => {
      // What cannot be reached now is found by `mortise hsm keys`: it has no object.
      for (const row of rows) provider.destroy(row).catch(() => undefined)
    },
  }
}

/** Does so with keys that were used already: a provider keeps them open. */
export function undone(
  provider: KeyProvider,
  rows: readonly Pick<ObjectRow, 'id' | 'material'>[],
): () => void {
  const { abandon } = takenBack(provider, rows)
  return () => {
    abandon?.()
    for (const { id } of rows) provider.forget(id)
  }
}
