import { decide } from '../../access/index.js'
import { MortiseError } from '../../errors/index.js'
import type {
  ManagedObject,
  ObjectRow,
  ObjectType,
  Scope,
  State,
  Subject,
  SystemOperation,
} from '../../operation/index.js'
import type { ObjectQuery } from '../../storage/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { domain } from '../objects.js'
import { rightsOn } from '../rights.js'
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
    const asked = { ...filter, ...(cursor !== undefined && { after: decodeCursor(cursor) }) }
    const visible = await visibleTo(services, actor, asked, limit + 1)
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

type Asked = Omit<ObjectQuery, 'domain' | 'purpose' | 'limit'>

/** The first objects that are asked for and may be located, in order. */
async function visibleTo(
  services: KeyServices,
  actor: Subject,
  asked: Asked,
  count: number,
): Promise<ManagedObject[]> {
  const may = async (object: ManagedObject) =>
    decide(actor, 'Locate', await rightsOn(services, actor, object)).allowed
  const roles = actor.held.map(({ role }) => role).filter(({ objects }) => objects.includes('Locate'))
  if (roles.some(({ scope }) => scope === null)) return collect(services, asked, count, count, may)
  const grantees = { principal: actor.id, groups: [...actor.groups.keys()] }
  const granted = await collect(services, { ...asked, visibleTo: grantees }, count, count, may)
  const scopes = [
    ...roles.map(({ scope }) => scope),
    ...actor.scoped.filter(({ permissions }) => permissions.includes('Locate')).map(({ scope }) => scope),
  ]
  if (scopes.length === 0) return granted
  // What a scope covers has no index of its own: objects are read in order, and most of them may be passed over.
  const covered = await collect(services, asked, count, pageLimit, may, (row) =>
    scopes.some((scope) => scope !== null && mayCover(scope, row)),
  )
  const both = new Map([...granted, ...covered].map((object) => [object.id, object]))
  return [...both.values()].sort(inOrder).slice(0, count)
}

/** Reads pages until there are so many objects that may be seen, or no more. */
async function collect(
  { store, objects }: KeyServices,
  asked: Asked,
  count: number,
  pageSize: number,
  may: (object: ManagedObject) => Promise<boolean>,
  likely: (row: ObjectRow) => boolean = () => true,
): Promise<ManagedObject[]> {
  const found: ManagedObject[] = []
  for (let after = asked.after; ; ) {
    const rows = await store.locate({
      ...asked,
      domain,
      purpose: 'general',
      ...(after && { after }),
      limit: pageSize,
    })
    for (const row of rows) {
      if (!likely(row)) continue
      const object = objects.open(row)
      if (await may(object)) found.push(object)
      if (found.length === count) return found
    }
    after = rows.at(-1)
    if (rows.length < pageSize) return found
  }
}

/** Whether a scope can cover an object by what its row says, so that most others are passed over unopened. */
function mayCover(scope: Scope, { name }: ObjectRow): boolean {
  // An older version has no name of its own.
  return 'objectGroup' in scope || name === null || name.startsWith(scope.namePrefix)
}

function inOrder(a: ManagedObject, b: ManagedObject): number {
  return a.created - b.created || (a.id < b.id ? -1 : 1)
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
