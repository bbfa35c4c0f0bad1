import { decide, grounds } from '../../access/index.js'
import { MortiseError } from '../../errors/index.js'
import {
  type GrantablePermission,
  grantablePermissions,
  type LinkType,
  type ManagedObject,
  type ObjectRow,
  type ObjectType,
  type Scope,
  type State,
  type Subject,
  type SystemOperation,
  type Usage,
  usageMask,
} from '../../operation/index.js'
import type { DateField, ObjectQuery } from '../../storage/index.js'
import {
  type AttributeName,
  type AttributeValue,
  attributesOf,
  parsedAttribute,
} from '../attributes/index.js'
import { objectAt } from '../dates.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { domain, namesOf } from '../objects.js'
import { rightsOn } from '../rights.js'
import type { KeyServices } from '../services.js'
import { term, termsOf } from '../terms.js'

const pageLimit = 1000
const offsetLimit = 100_000
/** How many are counted. */
const countLimit = 10_000

/** Dates as ISO 8601: from the first on, before the second. */
export interface DateRange {
  readonly from?: string
  readonly to?: string
}

/** What objects are located by: all of it must hold, and texts are matched exactly. */
export interface LocateFilter {
  readonly name?: string
  /** The state that its dates have brought it to by now. */
  readonly state?: State
  readonly type?: ObjectType
  readonly algorithm?: string
  /** Bits. */
  readonly length?: number
  /** All versions of one key. */
  readonly family?: string
  /** Principal id. */
  readonly owner?: string
  /** Keys of applications are `keymanager`. Default `general`; no others are located. */
  readonly purpose?: 'general' | 'keymanager'
  /** Usages, all of which the mask has. */
  readonly usage?: readonly Usage[]
  /** KMIP's Object Group. */
  readonly group?: string
  readonly link?: { readonly type: LinkType; readonly object: string }
  readonly alternativeName?: string
  /** KMIP's Application Specific Information, by its namespace or both. */
  readonly application?: { readonly namespace: string; readonly data?: string }
  /** A vendor attribute, by its name or both. `vendor` is `x` by default. */
  readonly vendorAttribute?: {
    readonly vendor?: string
    readonly name: string
    readonly value?: string | number | boolean
  }
  /** SHA-256 of a certificate or of a public key (SPKI), hexadecimal. */
  readonly digest?: string
  readonly certificate?: { readonly subject?: string; readonly issuer?: string; readonly serial?: string }
  /** KMIP's Storage Status. Default: all. */
  readonly storage?: 'online' | 'archived' | 'destroyed'
  /** Whether the newest come first. Default: the oldest. */
  readonly newestFirst?: true
  /** Whether older versions of keys are left out. */
  readonly newest?: true
  /** Only objects of others that the actor has been granted something on, itself or through a group or everyone; each says what. */
  readonly granted?: true
  readonly dates?: { readonly [field in DateField]?: DateRange }
  /**
   * Other attributes, of which it has just this value. Nothing is indexed by them: objects that fit the rest are looked at one by one.
   */
  readonly attributes?: readonly { readonly name: AttributeName; readonly value: AttributeValue }[]
}

export interface LocateInput extends LocateFilter {
  /** At most 1,000; default 100. */
  readonly limit?: number
  /** How many to pass over first: at most 100,000. Default 0. A cursor does it faster. */
  readonly offset?: number
  /** The `next` of the page before. */
  readonly after?: string
  /** Whether to say how many there are, which takes reading them. */
  readonly count?: true
}

export interface LocatedObject extends ObjectInfo {
  /** With `granted`: what the actor has been granted on it. */
  readonly granted?: readonly GrantablePermission[]
}

export interface LocateAnswer {
  readonly items: readonly LocatedObject[]
  /** For the next page; null on the last. */
  readonly next: string | null
  /** With `count`: how many there are from the cursor on, on whatever page. Of more than 10,000 it is at least one more than were passed over and answered. */
  readonly total?: number
}

/** Finds objects by their attributes, oldest first: those that the actor may locate (KMIP 2.1 section 6.1.28). */
export const locate: SystemOperation<KeyServices, LocateInput, LocateAnswer> = {
  name: 'Locate',
  permission: 'Query',
  durability: 'written',
  async prepare(services, actor, { limit = 100, offset = 0, after: cursor, count, ...filter }) {
    checkWhole('limit', limit, 1, pageLimit)
    checkWhole('offset', offset, 0, offsetLimit)
    const asked = {
      ...queryOf(filter, services.clock.now()),
      ...(cursor !== undefined && { after: decodeCursor(cursor) }),
    }
    const wanted = offset + limit
    const most = count ? Math.max(countLimit, wanted + 1) : wanted + 1
    const visible = await visibleTo(services, actor, asked, most, filter)
    const page = visible.slice(offset, wanted)
    const last = page.at(-1)
    const items = filter.granted
      ? await Promise.all(
          page.map(async (object) => ({
            ...objectInfo(object),
            granted: await grantedOn(services, actor, object),
          })),
        )
      : page.map(objectInfo)
    return {
      answer: {
        items,
        next: visible.length > wanted && last ? encodeCursor(last) : null,
        ...(count && { total: visible.length }),
      },
      detail: { found: page.length },
    }
  },
}

interface Asked extends Omit<ObjectQuery, 'limit'> {
  /** Attributes, with their values in one spelling. */
  readonly having?: readonly { readonly name: AttributeName; readonly value: string }[]
}

/** The first objects that are asked for and may be located, in order. */
async function visibleTo(
  services: KeyServices,
  actor: Subject,
  asked: Asked,
  count: number,
  { newest, granted: grantedOnly }: Pick<LocateFilter, 'newest' | 'granted'>,
): Promise<ManagedObject[]> {
  const may = async (object: ManagedObject) =>
    !(newest && object.values.links?.replacement) &&
    decide(actor, 'Locate', await rightsOn(services, actor, object)).allowed &&
    !(grantedOnly && (await grantedOn(services, actor, object)).length === 0)
  const roles = grantedOnly
    ? []
    : actor.held.map(({ role }) => role).filter(({ objects }) => objects.includes('Locate'))
  if (roles.some(({ scope }) => scope === null)) return collect(services, asked, count, pageOf(count), may)
  const grantees = { principal: actor.id, groups: [...actor.groups.keys()] }
  const granted = await collect(services, { ...asked, visibleTo: grantees }, count, pageOf(count), may)
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
  return [...both.values()].sort(asked.newestFirst ? (a, b) => inOrder(b, a) : inOrder).slice(0, count)
}

/** What somebody has been granted on an object of somebody else. */
async function grantedOn(
  services: KeyServices,
  actor: Subject,
  object: ManagedObject,
): Promise<readonly GrantablePermission[]> {
  if (object.owner === actor.id) return []
  const rights = await rightsOn(services, actor, object)
  return grantablePermissions.filter(
    (permission) =>
      grounds.grants(actor, permission, rights) !== undefined ||
      grounds.scopes(actor, permission, rights) !== undefined,
  )
}

/** Rows that are read at once, however many are passed over by an offset. */
function pageOf(count: number): number {
  return Math.min(count, pageLimit + 1)
}

/** Reads pages until there are so many objects that may be seen, or no more. */
async function collect(
  { store, objects, clock }: KeyServices,
  asked: Asked,
  count: number,
  pageSize: number,
  may: (object: ManagedObject) => Promise<boolean>,
  likely: (row: ObjectRow) => boolean = () => true,
): Promise<ManagedObject[]> {
  const found: ManagedObject[] = []
  const now = asked.now ?? clock.now()
  const { having: _, ...query } = asked
  for (let after = asked.after; ; ) {
    const rows = await store.locate({
      ...query,
      ...(after && { after }),
      limit: pageSize,
    })
    for (const row of rows) {
      if (!likely(row)) continue
      const object = objectAt(objects.open(row), now)
      // The index is not authenticated: what it says is believed only where the object says it too.
      if (matches(object, asked) && (await may(object))) found.push(object)
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

function queryOf(filter: LocateFilter, now: number): Asked {
  const { state, usage, group, link, alternativeName, application, vendorAttribute, digest, storage } = filter
  const { certificate = {}, dates = {}, attributes = [], ...columns } = filter
  const { name, type, algorithm, length, family, owner } = columns
  const terms: string[] = []
  if (digest !== undefined) terms.push(term('digest', digest.toLowerCase()))
  for (const field of ['serial', 'subject', 'issuer'] as const) {
    const value = certificate[field]
    if (value !== undefined) terms.push(term('certificate', field, value))
  }
  if (link) terms.push(term('link', link.type, link.object))
  if (alternativeName !== undefined) terms.push(term('alternativeName', alternativeName))
  if (vendorAttribute) {
    const { vendor = 'x', name: attribute, value } = vendorAttribute
    terms.push(term('vendor', vendor, attribute, ...(value === undefined ? [] : [value])))
  }
  if (application) {
    const { namespace, data } = application
    terms.push(term('application', namespace, ...(data === undefined ? [] : [data])))
  }
  if (group !== undefined) terms.push(term('group', group))
  const archived = term('storage', 'archived')
  if (storage === 'archived') terms.push(archived)
  return {
    domain,
    purpose: filter.purpose === 'keymanager' ? 'keymanager' : 'general',
    ...(filter.newestFirst && { newestFirst: true }),
    ...(name !== undefined && { name }),
    ...(type && { type }),
    ...(algorithm !== undefined && { algorithm }),
    ...(length !== undefined && { length }),
    ...(family !== undefined && { family }),
    ...(owner !== undefined && { owner }),
    ...(state && { state, now }),
    ...(usage && { usage: usage.reduce((mask, one) => mask | usageMask[one], 0) }),
    ...(terms.length > 0 && { terms }),
    ...(storage === 'online' && { without: [archived], destroyed: false }),
    ...(storage === 'archived' && { destroyed: false }),
    ...(storage === 'destroyed' && { destroyed: true }),
    ...(attributes.length > 0 && {
      having: attributes.map(({ name, value }) => ({ name, value: spelt(parsedAttribute(name, value)) })),
    }),
    dates: Object.entries(dates).map(([field, { from, to }]) => ({
      field: field as DateField,
      ...(from !== undefined && { from: milliseconds(from) }),
      ...(to !== undefined && { to: milliseconds(to) }),
    })),
  }
}

/** Whether an object that is what it says has what the index told. The columns are its own. */
function matches(
  object: ManagedObject,
  { name, state, terms = [], without = [], having = [] }: Asked,
): boolean {
  if (name !== undefined && !namesOf(object).includes(name)) return false
  if (state && object.state !== state) return false
  if (!having.every(({ name, value }) => instances(object, name).includes(value))) return false
  if (terms.length === 0 && without.length === 0) return true
  const has = new Set(termsOf(object.state, object.values))
  return terms.every((one) => has.has(one)) && !without.some((one) => has.has(one))
}

function instances(object: ManagedObject, name: AttributeName): readonly string[] {
  const value = attributesOf(object, [name])[name]
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(spelt)
}

/** Equal for equal values, whatever the order of their fields. */
function spelt(value: AttributeValue): string {
  return JSON.stringify(typeof value === 'object' ? Object.entries(value).sort() : value)
}

function milliseconds(date: string): number {
  const parsed = Date.parse(date)
  if (Number.isNaN(parsed)) throw new MortiseError('MORTISE_INPUT_INVALID', 'dates are in ISO 8601')
  return parsed
}

function checkWhole(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new MortiseError('MORTISE_INPUT_INVALID', `the ${what} must be ${least} to ${most}`)
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
