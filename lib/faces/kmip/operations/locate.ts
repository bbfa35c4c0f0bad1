import type { LocateFilter, LocateInput, ObjectType, State } from '../../../core/index.js'
import { type Usage, usageMask } from '../../../core/index.js'
import type { CustomAttribute } from '../attributes/custom.js'
import { attributesTags, type GivenAttribute, readAttribute, readAttributes } from '../attributes/read.js'
import { enumerated, integer, structure } from '../fields.js'
import { coreAlgorithm, coreLength, usagesOf } from '../objects/new_object.js'
import { Tag } from '../tables/index.js'
import { isTwo } from '../version.js'
import type { KmipOperation, Request } from './operation.js'

const pageSize = 1000
/** How many objects are found at most where the client has not said how many it wants. */
const mostObjects = 10_000
const memberFresh = 1
const memberDefault = 2

/** KMIP 2.1 section 6.1.28. */
export const locate: KmipOperation = {
  name: 'Locate',
  effect: 'read',
  async run(request) {
    const { payload } = request
    const most = payload.optional(Tag.MaximumItems, integer) ?? mostObjects
    const offset = payload.optional(Tag.OffsetItems, integer) ?? 0
    const offsetGiven = payload.typeOf(Tag.OffsetItems) !== undefined
    let matched = 0
    const ids = new Set<string>()
    const filter = filterOf(request)
    for (const storage of filter ? storagesOf(payload.optional(Tag.StorageStatusMask, integer)) : []) {
      const wanted = isInTurn(request) ? mostObjects : most
      // The cases have the newest first, and the members of a group in their order.
      const asked = {
        ...filter,
        storage,
        ...(payload.typeOf(Tag.ObjectGroupMember) === undefined && { newestFirst: true as const }),
      }
      const found = await collect(request, asked, { most: wanted - ids.size, offset })
      // How many there are is told to who turns the pages.
      if (filter && offsetGiven) matched += await countOf(request, asked)
      for (const id of found) ids.add(id)
    }
    const located = inTurn(request, filter?.group, [...ids], most)
    const [only] = located
    return {
      ...(located.length === 1 && only !== undefined && { object: only, made: { Locate: only } }),
      write(writer) {
        if (offsetGiven) writer.integer(Tag.LocatedItems, matched)
        writer.textsOf(Tag.UniqueIdentifier, located)
      },
    }
  },
}

/** Which member of a group comes next: the servers that a client may ask are told nothing of one another's. */
const turns = new Map<string, number>()
const mostTurns = 1000

function isInTurn({ payload }: Request): boolean {
  return payload.optional(Tag.ObjectGroupMember, enumerated) === memberDefault
}

/** The default members of a group are given out in turn (KMIP 2.1 section 6.1.28): the next ones each time. */
function inTurn(
  request: Request,
  group: string | undefined,
  ids: readonly string[],
  most: number,
): readonly string[] {
  if (!isInTurn(request) || ids.length === 0) return ids
  const key = [request.session.principal.id, group].join(' ')
  const from = (turns.get(key) ?? 0) % ids.length
  if (turns.size >= mostTurns) turns.clear()
  turns.set(key, from + Math.min(most, ids.length))
  return [...ids.slice(from), ...ids.slice(0, from)].slice(0, most)
}

async function collect(
  { session }: Request,
  filter: LocateInput,
  { most, offset }: { readonly most: number; readonly offset: number },
): Promise<string[]> {
  const ids: string[] = []
  let after: string | undefined
  while (ids.length < most) {
    const page = await session.locate({
      ...filter,
      limit: Math.min(most - ids.length, pageSize),
      ...(after === undefined ? { offset } : { after }),
    })
    ids.push(...page.items.map(({ id }) => id))
    if (page.next === null) break
    after = page.next
  }
  return ids
}

async function countOf({ session }: Request, filter: LocateInput): Promise<number> {
  return (await session.locate({ ...filter, limit: 1, count: true })).total ?? 0
}

/** On-line unless asked otherwise. */
function storagesOf(mask = 1): readonly NonNullable<LocateFilter['storage']>[] {
  const all = ['online', 'archived', 'destroyed'] as const
  return all.filter((_, bit) => (mask & (1 << bit)) !== 0)
}

type Building = { -readonly [field in keyof LocateFilter]: LocateFilter[field] }

/** What all of the attributes say together; undefined where no object can have them. */
function filterOf(request: Request): LocateFilter | undefined {
  const filter: Building = {}
  const dates: Record<string, { from: string; to: string }> = {}
  const others: NonNullable<LocateFilter['attributes']>[number][] = []
  if (request.payload.optional(Tag.ObjectGroupMember, enumerated) === memberFresh)
    others.push({ name: 'Fresh', value: true })
  for (const { core, value } of givenOf(request)) {
    if (core === undefined || value === undefined) return undefined
    const date = dateFields[core]
    if (date !== undefined) {
      const [from, to] = [String(value), new Date(Date.parse(String(value)) + 1000).toISOString()]
      const before = dates[date]
      // Two of one date are the ends of a range.
      dates[date] = before
        ? { from: [from, before.from].sort()[0] ?? from, to: [to, before.to].sort()[1] ?? to }
        : { from, to }
      continue
    }
    const taken = byColumn[core]?.(filter, value as never)
    if (taken === 'never') return undefined
    if (taken === undefined) others.push({ name: core, value })
    // Nothing else has them, and there are fewer certificates than keys.
    if (/^(Certificate|X_509)/.test(core)) filter.type ??= 'Certificate'
  }
  return {
    ...filter,
    ...(Object.keys(dates).length > 0 && { dates }),
    ...(others.length > 0 && { attributes: others }),
  }
}

function givenOf({ payload, version }: Request): readonly GivenAttribute[] {
  if (isTwo(version)) return readAttributes(payload, attributesTags, version)
  return payload.all(Tag.Attribute, structure).map((attribute) => readAttribute(attribute, version))
}

const dateFields: Readonly<Record<string, string>> = {
  ActivationDate: 'activated',
  ArchiveDate: 'archived',
  CompromiseDate: 'compromised',
  DeactivationDate: 'deactivated',
  DestroyDate: 'destroyed',
  InitialDate: 'created',
  OriginalCreationDate: 'originallyCreated',
  ProcessStartDate: 'processStart',
  ProtectStopDate: 'protectStop',
}

type Taken = 'taken' | 'never' | undefined

/** Attributes that objects are found by quickly; a second value of one goes the slow way. */
const byColumn: Readonly<Record<string, (filter: Building, value: never) => Taken>> = {
  Name: once('name'),
  State: once<State>('state'),
  ObjectType: once<ObjectType>('type'),
  CryptographicAlgorithm(filter, value: string) {
    const row = coreAlgorithm(value)
    if (row === undefined || (filter.algorithm !== undefined && filter.algorithm !== row)) return undefined
    filter.algorithm = row
    return 'taken'
  },
  CryptographicLength(filter, value: number) {
    filter.length = coreLength(filter.algorithm, value)
    return 'taken'
  },
  CryptographicUsageMask(filter, value: string) {
    const { usage = [], others } = usagesOf(value, Object.keys(usageMask) as Usage[])
    if (others.length > 0) return undefined
    filter.usage = usage
    return 'taken'
  },
  ObjectGroup: once('group'),
  Link: once<NonNullable<LocateFilter['link']>>('link'),
  ApplicationSpecificInformation: once<NonNullable<LocateFilter['application']>>('application'),
  VendorAttribute(filter, { vendor, name, type, value }: CustomAttribute) {
    if (filter.vendorAttribute) return undefined
    filter.vendorAttribute = { vendor, name, value: type === 'dateTime' ? Date.parse(String(value)) : value }
    return 'taken'
  },
}

function once<Value = string>(field: keyof LocateFilter): (filter: Building, value: never) => Taken {
  return (filter, value) => {
    if (filter[field] !== undefined) return undefined
    Object.assign(filter, { [field]: value as Value })
    return 'taken'
  }
}
