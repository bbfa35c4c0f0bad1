import { isDeepStrictEqual } from 'node:util'
import { native, TtlvDecoder } from '../../../native/index.js'
import { type GivenAttribute, readTagged } from '../attributes/read.js'
import { refuse } from '../engine/refusal.js'
import { enumerated, Fields, structure, text } from '../fields.js'
import type { Request } from '../operations/operation.js'
import { Tag } from '../tables/index.js'
import { objectTypes } from './read_object.js'

/** What settings of this face are called. */
export const defaultsSetting = 'kmip/defaults'
export const constraintsSetting = 'kmip/constraints'
/** Bytes: they are looked at for each new object. */
const largest = 65_536

/** What goes for new objects of some types, or all, and of some groups, or all. */
interface Rule {
  readonly types: readonly string[] | undefined
  readonly groups: readonly string[] | undefined
  readonly attributes: readonly GivenAttribute[]
}

const decoder = new TtlvDecoder(native)
const parsed = new WeakMap<Buffer, readonly Rule[]>()

/**
 * What a client says of a new object, with the defaults for what it leaves out (KMIP 2.1 sections 6.1.53 and 7.22): all of it must be as
 * the constraints have it (section 7.6).
 *
 * @param found what is known of the object otherwise: of key material, what key it is
 * @throws ConstraintViolation
 */
export async function ruled(
  { session }: Pick<Request, 'session'>,
  type: string,
  given: readonly GivenAttribute[],
  found: readonly GivenAttribute[] = [],
): Promise<readonly GivenAttribute[]> {
  const [defaults, constraints] = await Promise.all(
    [defaultsSetting, constraintsSetting].map(async (setting) => rulesIn(await session.ruling(setting))),
  )
  let whole = given
  for (const { attributes } of matching(defaults, type, given)) {
    const has = new Set([...whole, ...found].map(keyOf))
    whole = [...whole, ...attributes.filter((one) => !has.has(keyOf(one)))]
  }
  for (const { attributes } of matching(constraints, type, whole))
    for (const key of new Set(attributes.map(keyOf)))
      requireOneOf(
        attributes.filter((one) => keyOf(one) === key),
        [...whole, ...found],
      )
  return whole
}

/** Defaults Information or Constraints, read as they will be. @throws InvalidField, MORTISE_KMIP_MALFORMED */
export function rulesOf(fields: Fields): readonly Rule[] {
  return [...fields.all(Tag.ObjectDefaults, structure), ...fields.all(Tag.Constraint, structure)].map(ruleIn)
}

/** @throws ServerLimitExceeded */
export function requireSmall(value: Buffer): Buffer {
  if (value.length <= largest) return value
  throw refuse('ServerLimitExceeded', `what goes for new objects may have ${largest} bytes`)
}

function rulesIn(kept: Buffer): readonly Rule[] {
  const known = parsed.get(kept) ?? (kept.length === 0 ? [] : rulesOf(new Fields(decoder.decode(kept))))
  parsed.set(kept, known)
  return known
}

function ruleIn(rule: Fields): Rule {
  const alone = rule.optional(Tag.ObjectType, enumerated)
  const several = rule.optional(Tag.ObjectTypes, structure)?.all(Tag.ObjectType, enumerated)
  const attributes = rule.optional(Tag.Attributes, structure)
  const read = attributes
    ? attributes.message.children(attributes.item).map((item) => readTagged(attributes, item, '2.1'))
    : []
  if (read.length === 0) throw refuse('InvalidField', 'what goes for new objects is said by Attributes')
  if (read.some(({ core, value }) => core === undefined || value === undefined))
    throw refuse('UnsupportedAttribute', 'one of the attributes is not kept here')
  return {
    types: (alone === undefined ? several : [alone])?.map(typeName),
    groups: rule.optional(Tag.ObjectGroups, structure)?.all(Tag.ObjectGroup, text),
    attributes: read,
  }
}

function typeName(number: number): string {
  const name = objectTypes.name(number)
  if (name !== undefined) return name
  throw refuse('InvalidObjectType', 'nobody knows the Object Type')
}

function matching(
  rules: readonly Rule[] | undefined,
  type: string,
  said: readonly GivenAttribute[],
): readonly Rule[] {
  const groups = said.filter(({ core }) => core === 'ObjectGroup').map(({ value }) => value)
  return (rules ?? []).filter(
    (rule) =>
      (rule.types?.includes(type) ?? true) && (rule.groups?.some((group) => groups.includes(group)) ?? true),
  )
}

function requireOneOf(allowed: readonly GivenAttribute[], said: readonly GivenAttribute[]): void {
  const [first] = allowed
  const values = said.filter((one) => first && keyOf(one) === keyOf(first))
  const fits = ({ value }: GivenAttribute) => allowed.some((one) => isDeepStrictEqual(one.value, value))
  if (values.length > 0 && values.every(fits)) return
  throw refuse('ConstraintViolation', `${first?.core} of new objects must be as the constraints have it`)
}

/** What attribute it is: of a client's own, which. */
function keyOf({ core, custom }: GivenAttribute): string {
  return [core, custom?.vendor, custom?.name].join(' ')
}
