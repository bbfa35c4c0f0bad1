import { decide } from '../../access/index.js'
import { MortiseError } from '../../errors/index.js'
import type { ManagedObject, ObjectType, State, SystemOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { domain } from '../objects.js'
import type { KeyServices } from '../services.js'

const pageLimit = 1000

export interface LocateInput {
  readonly name?: string
  readonly state?: State
  readonly type?: ObjectType
  readonly algorithm?: string
  /** Bits. */
  readonly length?: number
  /** All versions of one key. */
  readonly family?: string
  /** Principal id. */
  readonly owner?: string
  /** At most 1,000; default 100. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly after?: string
}

export interface LocateAnswer {
  readonly items: readonly ObjectInfo[]
  /** For the next page; null on the last. */
  readonly next: string | null
}

/** Finds objects by exact attributes, oldest first: those that the actor may locate (KMIP 2.1 section 6.1.27). */
export const locate: SystemOperation<KeyServices, LocateInput, LocateAnswer> = {
  name: 'Locate',
  permission: 'Query',
  durability: 'written',
  async prepare(services, actor, input) {
    const limit = input.limit ?? 100
    if (!Number.isInteger(limit) || limit < 1 || limit > pageLimit) {
      throw new MortiseError('MORTISE_INPUT_INVALID', `the limit must be 1 to ${pageLimit}`)
    }
    const { limit: _, after: cursor, ...filter } = input
    const seesAll = decide(actor, 'Locate', { owner: '', grants: [] }).allowed
    const visible: ManagedObject[] = []
    let after = cursor === undefined ? undefined : decodeCursor(cursor)
    for (;;) {
      const rows = await services.store.locate({
        ...filter,
        domain,
        purpose: 'general',
        ...(!seesAll && { visibleTo: { principal: actor.id, groups: [] } }),
        ...(after && { after }),
        limit: limit + 1,
      })
      for (const row of rows) {
        const object = services.objects.open(row)
        const grants = seesAll || object.owner === actor.id ? [] : await services.grants.on(object.family)
        if (decide(actor, 'Locate', { owner: object.owner, grants }).allowed) visible.push(object)
      }
      after = rows.at(-1)
      if (rows.length <= limit || visible.length > limit) break
    }
    const page = visible.slice(0, limit)
    const last = page.at(-1)
    return {
      answer: {
        items: page.map(objectInfo),
        next: visible.length > limit && last ? encodeCursor(last) : null,
      },
      detail: { found: page.length },
    }
  },
}

function encodeCursor(last: ManagedObject): string {
  return Buffer.from(`${last.created} ${last.id}`).toString('base64url')
}

function decodeCursor(text: string): { created: number; id: string } {
  const match = /^(\d{1,16}) ([0-9a-f-]{36})$/.exec(Buffer.from(text, 'base64url').toString('latin1'))
  if (!match?.[1] || !match[2]) {
    throw new MortiseError('MORTISE_INPUT_INVALID', '`after` must be the `next` of the page before')
  }
  return { created: Number(match[1]), id: match[2] }
}
