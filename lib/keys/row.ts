import { randomUUID } from 'node:crypto'
import type { Barrier } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import {
  type ManagedObject,
  type ObjectAttributes,
  type ObjectRow,
  type Usage,
  usageMask,
} from '../operation/index.js'
import { encodeTerms } from './terms.js'

/** JSON with its keys in order, so that equal attributes are equal bytes. */
export function encodeAttributes(values: ObjectAttributes): string {
  return JSON.stringify(values, (_key, value) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}

/** A row that the barrier has checked or made, with its attributes. */
export function managed(row: ObjectRow): ManagedObject {
  // Named one by one: an object that is made of what is left of another is larger and slower.
  return {
    id: row.id,
    version: row.version,
    domain: row.domain,
    type: row.type,
    state: row.state,
    purpose: row.purpose,
    owner: row.owner,
    name: row.name,
    family: row.family,
    serial: row.serial,
    algorithm: row.algorithm,
    length: row.length,
    usage: row.usage,
    created: row.created,
    provider: row.provider,
    material: row.material,
    values: JSON.parse(row.attributes) as ObjectAttributes,
  }
}

/** What an operation changes of an object; the rest stays. */
export type ObjectPatch = Partial<Pick<ObjectRow, 'state' | 'name' | 'material'>> & {
  /** Undefined: the attribute is taken away. */
  readonly values?: { readonly [Name in keyof ObjectAttributes]?: ObjectAttributes[Name] | undefined }
}

/** The next version of an object's row, authenticated. */
export function changedRow(barrier: Barrier, object: ManagedObject, patch: ObjectPatch): ObjectRow {
  const { values, ...row } = object
  const { values: changed, ...columns } = patch
  const all = Object.entries({ ...values, ...changed })
  const next = Object.fromEntries(
    all.filter(([, value]) => value !== undefined),
  ) as unknown as ObjectAttributes
  return barrier.authenticateObject({
    ...row,
    ...columns,
    version: row.version + 1,
    attributes: encodeAttributes(next),
    terms: encodeTerms(columns.state ?? row.state, next),
  })
}

/** What an id looks like (RFC 9562 section 4), as it is made here. */
export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** When the last id was made, and how many before it in the same millisecond. */
let last = 0
let within = 0
const mostWithin = 0x1000

/**
 * A version-7 UUID (RFC 9562 sections 5.7 and 6.2, method 1), as every id of an object is: it begins with the time, and ids of one
 * millisecond with their number in it, so that the index of a store with many objects grows at its end, and a process’ ids are in order.
 */
export function newId(): string {
  const now = Date.now()
  within = now > last ? 0 : within + 1
  // A clock that is set back, or too many at once, borrow from the time to come.
  if (within === mostWithin) within = 0
  last = Math.max(now, within === 0 ? last + 1 : last)
  const time = last.toString(16).padStart(12, '0')
  // The rest is that of a random UUID, of which Node draws many at a time.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${within.toString(16).padStart(3, '0')}${randomUUID().slice(18)}`
}

/** Bits of usages. @throws MORTISE_INPUT_INVALID for one that keys of this kind may not have */
export function maskOf(usages: readonly Usage[], allowed: readonly Usage[]): number {
  let mask = 0
  for (const usage of usages) {
    if (!allowed.includes(usage)) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `such a key cannot have the usage ${usage}: choose from ${allowed.join(', ')}`,
      )
    }
    mask |= usageMask[usage]
  }
  return mask
}

/** Names of the bits of a usage mask. */
export function usagesOf(mask: number): Usage[] {
  return (Object.keys(usageMask) as Usage[]).filter((usage) => (mask & usageMask[usage]) !== 0)
}

/** @throws MORTISE_INPUT_INVALID unless it is 1 to 255 characters, none of them a control character, and no UUID */
export function checkName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (name.length < 1 || name.length > 255 || /[\u0000-\u001f\u007f]/.test(name)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'a name has 1 to 255 characters and no control characters',
    )
  }
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(name)) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'a name must not look like an id (a UUID)')
  }
  return name
}
