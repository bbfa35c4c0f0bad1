import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { RecordTerm, Store } from '../storage/index.js'

/** Key: group id, `/`, principal id. */
const namespace = 'membership'

/** Of ids, which are all of one length, with the slash. */
const otherId = '-'.repeat(37)

/** That a principal belongs to some group, whichever. */
export const membershipInAny: RecordTerm = { namespace, field: 'group', prefix: otherId, through: 'g' }
/** That somebody belongs to a group, whoever. */
export const membershipOfAny: RecordTerm = { namespace, field: 'group', suffix: otherId, through: 'g' }

/** That a principal belongs to a group. */
export function membershipOf(principal: string): RecordTerm {
  return { namespace, field: 'principal', values: [principal], suffix: otherId }
}

/** Groups that one principal can belong to: all of them are looked at when it is decided on. */
export const groupsOfPrincipal = 1000

interface Membership {
  readonly group: string
  readonly principal: string
}

/**
 * Who belongs to which group: one sealed record each, so that a group of a hundred thousand is changed by one row, and a
 * row that somebody removes takes a right and gives none.
 */
export class Memberships {
  readonly #barrier: Barrier
  readonly #records: RecordReader<Membership>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
  }

  async has(group: string, principal: string): Promise<boolean> {
    return (await this.#records.read(`${group}/${principal}`)) !== undefined
  }

  /** Ids of the groups of a principal. */
  async of(principal: string): Promise<string[]> {
    const where = { field: 'principal', value: principal }
    const page = await this.#records.page(groupsOfPrincipal, undefined, where)
    return page.map(({ value }) => value.group)
  }

  /** How many members a group has. */
  async count(group: string): Promise<number> {
    const all = [{ namespace, field: 'group', values: [group] }]
    return (await this.#records.find({ order: 'group', all, skip: 0, limit: 0 })).total
  }

  /** A page of the members of a group: principal ids in order, after the id `after`. */
  async members(group: string, limit: number, after: string | undefined): Promise<string[]> {
    const from = after === undefined ? undefined : `${group}/${after}`
    const page = await this.#records.page(limit, from, { field: 'group', value: group })
    return page.map(({ value }) => value.principal)
  }

  /** Every member of a group: principal ids in order. */
  async *all(group: string): AsyncGenerator<string> {
    for await (const { value } of this.#records.all({ field: 'group', value: group })) yield value.principal
  }

  /** @throws MORTISE_INPUT_INVALID when the principal is in as many groups as it can be */
  async add(group: string, principal: string): Promise<RecordWrite> {
    if ((await this.of(principal)).length >= groupsOfPrincipal) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `a principal can belong to ${groupsOfPrincipal} groups: remove it from another first`,
      )
    }
    const index = { group, principal }
    const identity = { namespace, key: `${group}/${principal}`, version: 1, expires: null, index }
    return writeRecord(this.#barrier, identity, { group, principal } satisfies Membership)
  }

  remove(group: string, principal: string): RecordWrite {
    return { remove: { namespace, key: `${group}/${principal}` } }
  }

  /** The rows that end every membership of a group. */
  async removeAll(group: string): Promise<RecordWrite[]> {
    const ends: RecordWrite[] = []
    for await (const principal of this.all(group)) ends.push(this.remove(group, principal))
    return ends
  }
}
