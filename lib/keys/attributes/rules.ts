import { type ErrorDetails, MortiseError } from '../../errors/index.js'
import type { ManagedObject, ObjectAttributes, ObjectType } from '../../operation/index.js'
import { checkDates, stateAt } from '../dates.js'
import { encodeAttributes, type ObjectPatch } from '../row.js'
import { type AttributeName, type AttributeRule, attributeNames, attributes } from './table.js'
import { type AttributeValue, parseValue } from './values.js'

/** Attributes by name; a list of the instances where there may be several. */
export type AttributeValues = {
  readonly [name in AttributeName]?: AttributeValue | readonly AttributeValue[]
}

const largestCount = 256
/** Characters of all attributes of one object, encoded. */
const largestSize = 65_536

/** What is done to an attribute. */
export type Edit =
  | { readonly kind: 'add' | 'set'; readonly value: unknown }
  | { readonly kind: 'modify'; readonly value: unknown; readonly current?: unknown }
  | { readonly kind: 'delete'; readonly value?: unknown }

/** What the rules look at beside the object. */
export interface EditContext {
  readonly now: number
  /** Whether anything was protected with the key yet. */
  readonly used: boolean
}

/** @throws MORTISE_INPUT_INVALID for a name that is not in the table */
export function ruleOf(name: string): AttributeRule {
  if (Object.hasOwn(attributes, name)) return attributes[name as AttributeName]
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `there is no attribute ${JSON.stringify(name)}: choose one of ${attributeNames.join(', ')}`,
  )
}

/** The attributes that an object has, or those of them that are asked for. */
export function attributesOf(
  object: ManagedObject,
  names: readonly string[] = attributeNames,
): AttributeValues {
  const shown: Record<string, AttributeValue | readonly AttributeValue[]> = {}
  for (const name of names) {
    const rule = ruleOf(name)
    const stored = rule.read(object)
    if (rule.multiple) {
      const instances = instancesOf(rule, object)
      if (instances.length > 0) shown[name] = instances.map((one) => rule.type.show(one as never))
    } else if (stored !== undefined) shown[name] = rule.type.show(stored as never)
  }
  return shown
}

/**
 * What an edit changes of an object that is there.
 *
 * @throws MORTISE_INPUT_INVALID, MORTISE_INPUT_TOO_LARGE, MORTISE_ATTRIBUTE_READ_ONLY, MORTISE_ATTRIBUTE_NOT_FOUND,
 *   MORTISE_ATTRIBUTE_EXISTS
 */
export function edited(object: ManagedObject, name: string, edit: Edit, context: EditContext): ObjectPatch {
  const rule = ruleOf(name)
  if (!rule.write || (rule.of && !rule.of.includes(object.type)))
    throw readOnly(name, 'only the server sets it')
  const stored = rule.multiple
    ? editedList(object, name, rule, edit)
    : editedOne(object, name, rule, edit, context)
  if (rule.untilUsed && rule.read(object) !== undefined && context.used)
    throw readOnly(name, 'the key has protected something already')
  if (name === 'Name' && object.values.links?.replacement)
    throw readOnly(name, 'the newest version of a key bears the name')
  const patch = rule.write(stored, object)
  return checked(object, { ...patch, values: { ...patch.values, changed: context.now } }, context.now)
}

/**
 * What a client says of an object that is being made, in the stored form.
 *
 * @throws MORTISE_INPUT_INVALID, MORTISE_INPUT_TOO_LARGE, MORTISE_ATTRIBUTE_READ_ONLY
 */
export function initialValues(type: ObjectType, given: AttributeValues): Partial<ObjectAttributes> {
  const values: Partial<ObjectAttributes> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    const rule = ruleOf(name)
    if (name === 'Name') throw readOnly(name, 'give the name of a new object beside its attributes')
    if (!rule.set || !rule.write) throw readOnly(name, 'only the server sets it')
    if (rule.of && !rule.of.includes(type))
      throw new MortiseError('MORTISE_INPUT_INVALID', `an object of the type ${type} has no ${name}`)
    const stored = rule.multiple
      ? distinct(
          name,
          (Array.isArray(value) ? value : [value]).map((one) => parseValue(rule.type, one, name)),
        )
      : parseValue(rule.type, value, name)
    Object.assign(values, rule.write(stored, undefined).values)
  }
  checkSize(values as ObjectAttributes)
  return values
}

/**
 * A value of an attribute as it is told of an object that has it, whatever form of it was given.
 *
 * @throws MORTISE_INPUT_INVALID
 */
export function parsedAttribute(name: AttributeName, value: AttributeValue): AttributeValue {
  const { type } = ruleOf(name)
  return type.show(parseValue(type, value, name) as never)
}

function editedOne(
  object: ManagedObject,
  name: string,
  rule: AttributeRule,
  edit: Edit,
  { now }: EditContext,
): unknown {
  const present = rule.read(object)
  if (edit.kind === 'add' && present !== undefined)
    throw new MortiseError('MORTISE_ATTRIBUTE_EXISTS', `the object has ${name} already: modify it`)
  if ((edit.kind === 'modify' || edit.kind === 'delete') && present === undefined) throw notFound(name)
  if (edit.kind === 'delete') {
    if (!rule.delete) throw readOnly(name, 'it is not deleted')
    return undefined
  }
  if (present === undefined) {
    if (rule.set !== 'any time') throw readOnly(name, 'it is set when the object is made, or never')
  } else {
    const may = typeof rule.modify === 'function' ? rule.modify(object, now) : rule.modify
    if (!may) {
      const byState = typeof rule.modify === 'function'
      throw readOnly(name, 'the state or the dates of the object do not let it be changed', { byState })
    }
  }
  const stored = parseValue(rule.type, edit.value, name)
  if (rule.onlyTo !== undefined && stored !== rule.onlyTo)
    throw readOnly(name, `it can become ${rule.onlyTo} and nothing else`)
  return stored
}

function editedList(object: ManagedObject, name: string, rule: AttributeRule, edit: Edit): unknown {
  const instances = instancesOf(rule, object)
  const place = (value: unknown) => {
    const wanted = key(parseValue(rule.type, value, name))
    const at = instances.findIndex((one) => key(one) === wanted)
    if (at < 0) throw notFound(name)
    mine(instances[at])
    return at
  }
  const mine = (stored: unknown) => {
    if (rule.reserved?.(stored as never, object)) throw readOnly(name, 'this one is the server’s own')
    return stored
  }
  switch (edit.kind) {
    case 'set':
      if (rule.alone && instances.length < 2) return [mine(parseValue(rule.type, edit.value, name))]
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `an object may have several ${name}: add, modify or delete one of them`,
      )
    case 'add':
      if (rule.set !== 'any time') throw readOnly(name, 'it is set when the object is made, or never')
      return distinct(name, [...instances, mine(parseValue(rule.type, edit.value, name))])
    case 'modify': {
      if (!rule.modify) throw readOnly(name, 'it is not changed')
      if (instances.length === 0) throw notFound(name)
      if (edit.current === undefined && instances.length > 1)
        throw new MortiseError(
          'MORTISE_INPUT_INVALID',
          `there are several ${name}: say which is to be changed`,
        )
      const at =
        edit.current === undefined ? place(rule.type.show(instances[0] as never)) : place(edit.current)
      return distinct(name, instances.with(at, mine(parseValue(rule.type, edit.value, name))))
    }
    case 'delete': {
      if (!rule.delete) throw readOnly(name, 'it is not deleted')
      if (edit.value !== undefined) return nonEmpty(instances.toSpliced(place(edit.value), 1))
      if (instances.length === 0) throw notFound(name)
      return nonEmpty(instances.filter((one) => rule.reserved?.(one as never, object)))
    }
  }
}

function instancesOf(rule: AttributeRule, object: ManagedObject): readonly unknown[] {
  return (rule.read(object) as readonly unknown[] | undefined) ?? []
}

function nonEmpty(instances: readonly unknown[]): readonly unknown[] | undefined {
  return instances.length === 0 ? undefined : instances
}

/** @throws MORTISE_ATTRIBUTE_EXISTS, MORTISE_INPUT_TOO_LARGE */
function distinct(name: string, instances: readonly unknown[]): readonly unknown[] {
  if (new Set(instances.map(key)).size < instances.length)
    throw new MortiseError('MORTISE_ATTRIBUTE_EXISTS', `the object has this ${name} already`)
  if (instances.length > largestCount)
    throw new MortiseError('MORTISE_INPUT_TOO_LARGE', `an object may have ${largestCount} ${name} at most`)
  return instances
}

/** Equal for equal instances, whatever the order of their fields. */
function key(stored: unknown): string {
  return JSON.stringify(
    stored !== null && typeof stored === 'object'
      ? Object.entries(stored).sort(([a], [b]) => (a < b ? -1 : 1))
      : stored,
  )
}

function checked(object: ManagedObject, patch: ObjectPatch, now: number): ObjectPatch {
  const values = { ...object.values, ...patch.values } as ObjectAttributes
  checkDates(values)
  checkSize(values)
  return { ...patch, state: stateAt({ state: object.state, values }, now) }
}

function checkSize(values: ObjectAttributes): void {
  if (encodeAttributes(values).length > largestSize)
    throw new MortiseError(
      'MORTISE_INPUT_TOO_LARGE',
      `the attributes of an object may have ${largestSize} characters at most, encoded`,
    )
}

function readOnly(name: string, why: string, details: ErrorDetails = {}): MortiseError {
  return new MortiseError('MORTISE_ATTRIBUTE_READ_ONLY', `${name} cannot be changed so: ${why}`, { details })
}

function notFound(name: string): MortiseError {
  return new MortiseError('MORTISE_ATTRIBUTE_NOT_FOUND', `the object has no such ${name}`)
}
