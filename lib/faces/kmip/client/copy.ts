import type {
  AttributeName,
  AttributeValue,
  AttributeValues,
  ObjectInfo,
  RevocationReason,
  Session,
} from '../../../core/index.js'
import { revocationReasons } from '../../../core/index.js'
import { isMortiseError } from '../../../errors/index.js'
import type { GivenAttribute } from '../attributes/read.js'
import { isSeveral } from '../attributes/several.js'
import { listOf } from '../attributes/write.js'
import { Refusal } from '../engine/refusal.js'
import { type NewObject, newObject } from '../objects/new_object.js'
import { registerRead } from '../objects/register.js'
import { setByServer } from '../operations/import.js'
import { type KeptObject, keptIds, keptMaterial, keptObject } from './kept_objects.js'
import type { KmipClient } from './kmip_client.js'

/** Where objects are copied to. */
export type Destination = Pick<
  Session,
  | 'addAttribute'
  | 'attributes'
  | 'get'
  | 'locate'
  | 'register'
  | 'registerObject'
  | 'registerShare'
  | 'revoke'
>

export interface CopyReport {
  /** That of KMIP. */
  readonly version: string
  /** With their new ids; none yet in a dry run. */
  readonly copied: readonly {
    readonly id: string
    readonly name: string | null
    readonly to: string | null
  }[]
  /** Identifiers of those that were copied before. */
  readonly present: readonly string[]
  readonly notCopied: readonly Missing[]
  /** What is not as it was of those that were copied. */
  readonly incomplete: readonly Missing[]
}

/** What was not copied, and why. */
export interface Missing {
  readonly id: string
  readonly why: string
}

interface CopyOptions {
  /** What the server is called in the mark that each copy gets: `kms.example.org:5696`. */
  readonly source: string
  /** Says what would be copied, asks for no key and changes nothing. */
  readonly dryRun: boolean
}

type Link = { readonly type: string; readonly object: string }

/**
 * Copies everything that a server lets its client see: objects with their attributes, names, dates and states, then the links between
 * them. Each copy is marked with where it comes from, so that whoever copies again goes on where it was and makes nothing twice.
 */
export async function copyAll(
  client: KmipClient,
  keys: Destination,
  { source, dryRun }: CopyOptions,
): Promise<CopyReport> {
  const copied: CopyReport['copied'][number][] = []
  const present: string[] = []
  const notCopied: Missing[] = []
  const incomplete: Missing[] = []
  const ids = new Map<string, string>()
  const links: { readonly from: string; readonly link: Link }[] = []
  for await (const id of keptIds(client)) {
    const lacks = (why: string) => incomplete.push({ id, why })
    try {
      const kept = await keptObject(client, id)
      const mark = { vendor: 'import', name: source, type: 'text', value: id }
      const before = await markedWith(keys, mark)
      if (before) {
        present.push(id)
        ids.set(id, before.id)
      }
      const wanted = wantedOf(kept, mark)
      for (const name of kept.unknown) lacks(`the attribute ${name} is not kept here`)
      if (isGone(wanted.state) || (before && isGone(before.state))) {
        if (!before) notCopied.push({ id, why: 'it was destroyed: there is no key' })
        continue
      }
      if (dryRun) {
        if (!before) copied.push({ id, name: wanted.object.name ?? null, to: null })
        continue
      }
      const object = before ?? (await taken(client, keys, id, wanted.object, lacks))
      if (!before) copied.push({ id, name: object.name, to: object.id })
      ids.set(id, object.id)
      await complete(keys, object.id, wanted.object.attributes, lacks)
      await bringTo(keys, object, wanted, lacks)
      for (const link of wanted.links) links.push({ from: id, link })
    } catch (error) {
      notCopied.push({ id, why: reasonOf(error) })
    }
  }
  await copyLinks(keys, links, ids, incomplete)
  return { version: client.version, copied, present, notCopied, incomplete }
}

interface Wanted {
  readonly object: NewObject
  readonly state: string
  readonly reason: RevocationReason
  readonly message: string | undefined
  readonly occurred: string | undefined
  readonly links: readonly Link[]
}

/** What an object is to be here. */
function wantedOf({ given }: KeptObject, mark: AttributeValue): Wanted {
  const givenOf = (name: AttributeName) => given.find(({ core }) => core === name)?.value
  const dateOf = (name: AttributeName) => givenOf(name) as string | undefined
  const names = given.filter(({ core }) => core === 'Name').map(({ value }) => String(value))
  const state = String(givenOf('State') ?? 'PreActive')
  const made = newObject(given.filter(isKeptHere))
  const { Link: links = [], AlternativeName: others = [], ...attributes } = made.attributes
  const revoked = givenOf('RevocationReason') as { reason?: string; message?: string } | undefined
  const [name, ...furtherNames] = names
  return {
    object: {
      ...made,
      ...(name !== undefined && { name }),
      ...(furtherNames.length > 0 && { furtherNames }),
      attributes: {
        ...attributes,
        ...datesOf(state, dateOf),
        AlternativeName: [...(others as AttributeValue[]), alternative(String(mark['value' as never]))],
        VendorAttribute: [...((attributes.VendorAttribute ?? []) as AttributeValue[]), mark],
      },
    },
    state,
    reason: reasonNamed(revoked?.reason, state),
    message: revoked?.message,
    occurred: dateOf('CompromiseOccurrenceDate'),
    links: links as readonly Link[],
  }
}

/** Names are given apart: some may be taken here. */
function isKeptHere({ core }: GivenAttribute): boolean {
  return core !== undefined && core !== 'Name' && !setByServer.has(core)
}

function alternative(value: string) {
  return { type: 'UninterpretedTextString', value }
}

/** What was Active has been so since some moment; what was deactivated at a known date is so from that date on. */
function datesOf(state: string, dateOf: (name: AttributeName) => string | undefined): AttributeValues {
  const initial = dateOf('InitialDate')
  const deactivated = dateOf('DeactivationDate')
  const beganBy = dateOf('ActivationDate') ?? initial ?? new Date().toISOString()
  const began = deactivated !== undefined && beganBy > deactivated ? deactivated : beganBy
  return {
    ...(dateOf('OriginalCreationDate') === undefined &&
      initial !== undefined && { OriginalCreationDate: initial }),
    ...(state !== 'PreActive' && { ActivationDate: began }),
  }
}

function reasonNamed(name: string | undefined, state: string): RevocationReason {
  const isCompromised = state === 'Compromised'
  if (name !== undefined && Object.hasOwn(revocationReasons, name)) {
    const reason = name as RevocationReason
    if (/Compromise$/.test(reason) === isCompromised) return reason
  }
  return isCompromised ? 'KeyCompromise' : 'Unspecified'
}

function isGone(state: string): boolean {
  return state === 'Destroyed' || state === 'DestroyedCompromised'
}

async function markedWith(
  keys: Destination,
  { vendor, name, value }: { readonly vendor: string; readonly name: string; readonly value: string },
): Promise<ObjectInfo | undefined> {
  return (await keys.locate({ vendorAttribute: { vendor, name, value }, limit: 1 })).items[0]
}

/** Takes the object in. What a new object cannot be told is left to be added one by one, so that what cannot be added is known. */
async function taken(
  client: KmipClient,
  keys: Destination,
  id: string,
  object: NewObject,
  lacks: (why: string) => void,
): Promise<ObjectInfo> {
  const read = await keptMaterial(client, id)
  const { name, furtherNames = [], ...nameless } = object
  try {
    return await registerRead(keys, read, object)
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_NAME_TAKEN') && name !== undefined) {
      const made = await registerRead(keys, read, nameless)
      for (const one of [name, ...furtherNames]) await named(keys, made.id, one, lacks)
      return made
    }
    if (
      !isMortiseError(error, 'MORTISE_INPUT_INVALID') &&
      !isMortiseError(error, 'MORTISE_ATTRIBUTE_READ_ONLY')
    )
      throw error
    const { VendorAttribute, OriginalCreationDate, ActivationDate } = object.attributes
    const attributes = {
      VendorAttribute,
      ...(OriginalCreationDate !== undefined && { OriginalCreationDate }),
      ...(ActivationDate !== undefined && { ActivationDate }),
    } as AttributeValues
    return await registerRead(keys, read, { ...object, attributes })
  } finally {
    read.material.fill(0)
  }
}

/** Gives an object a name that may be taken. */
async function named(
  keys: Destination,
  id: string,
  name: string,
  lacks: (why: string) => void,
): Promise<void> {
  try {
    await keys.addAttribute(id, 'Name', name)
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_NAME_TAKEN')) throw error
    lacks(`the name ${name} is taken: it is an Alternative Name`)
    await keys.addAttribute(id, 'AlternativeName', alternative(name))
  }
}

/** Adds what an object lacks: all of what could not be told when it was made, or nothing. */
async function complete(
  keys: Destination,
  id: string,
  wanted: AttributeValues,
  lacks: (why: string) => void,
): Promise<void> {
  const has = await keys.attributes(id)
  for (const [name, value] of Object.entries(wanted) as [
    AttributeName,
    AttributeValue | AttributeValue[],
  ][]) {
    const there = listOf(has[name])
    for (const one of listOf(value)) {
      if (isSeveral(name) ? there.some((other) => isSame(other, one)) : there.length > 0) continue
      await keys.addAttribute(id, name, one).catch((error: unknown) => {
        if (!isMortiseError(error, 'MORTISE_ATTRIBUTE_EXISTS'))
          lacks(`the attribute ${name}: ${reasonOf(error)}`)
      })
    }
  }
}

function isSame(a: AttributeValue, b: AttributeValue): boolean {
  const spelt = (value: AttributeValue) =>
    JSON.stringify(typeof value === 'object' ? Object.entries(value).sort() : value)
  return spelt(a) === spelt(b)
}

/** Its dates may have brought it there already, and then for no reason that is kept. It never comes back from a state. */
async function bringTo(
  keys: Destination,
  { id }: ObjectInfo,
  { state, reason, message, occurred }: Wanted,
  lacks: (why: string) => void,
): Promise<void> {
  if (state !== 'Deactivated' && state !== 'Compromised') return
  const { state: now, revocationReason } = await keys.get(id)
  if (now === state || now === 'Compromised') {
    if (revocationReason === null) lacks(`the revocation reason ${reason} is not kept`)
    return
  }
  await keys.revoke(id, reason, message, state === 'Compromised' ? occurred : undefined)
}

async function copyLinks(
  keys: Destination,
  links: readonly { readonly from: string; readonly link: Link }[],
  ids: ReadonlyMap<string, string>,
  incomplete: Missing[],
): Promise<void> {
  for (const { from, link } of links) {
    const [id, object] = [ids.get(from), ids.get(link.object)]
    const lacks = (why: string) => incomplete.push({ id: from, why })
    if (id === undefined || object === undefined) lacks(`the ${link.type} link: its object was not copied`)
    else await complete(keys, id, { Link: [{ type: link.type, object }] }, lacks)
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Refusal || isMortiseError(error)) {
    // Whoever cannot be asked any more cannot be asked for the others either.
    if (isMortiseError(error, 'MORTISE_SERVER_UNREACHABLE')) throw error
    return error.message
  }
  throw error
}
