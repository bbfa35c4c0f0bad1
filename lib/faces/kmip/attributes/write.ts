import type { AttributeName, AttributeValue, AttributeValues } from '../../../core/index.js'
import type { TtlvWriter } from '../../../native/index.js'
import { Tag } from '../tables/index.js'
import { isTwo, type Version } from '../version.js'
import { type CustomAttribute, nameOfCustom, writeCustom } from './custom.js'
import type { NamedAttribute } from './read.js'
import { attributesOf } from './table.js'

/** An instance of an attribute, ready to be written to a client of a version that knows it. */
interface Instance {
  /** Name of 1.x. */
  readonly text: string
  /** Tag of 2.x. */
  readonly tag: number
  readonly custom?: CustomAttribute
  /** Its place among the instances. */
  readonly index: number
  write(writer: TtlvWriter, tag: number): void
}

/** What a version may see of the attributes of an object, in the order that was asked for or in the specification's. */
export function instancesOf(
  values: AttributeValues,
  version: Version,
  named?: readonly NamedAttribute[],
): readonly Instance[] {
  const order: readonly NamedAttribute[] = named ?? [
    ...attributesOf(version).all.map(({ core }) => ({ core })),
    { core: 'VendorAttribute' as const },
  ]
  return order.flatMap(({ core, custom }) => {
    if (core === undefined || !isOf(values, core, version)) return []
    if (core === 'VendorAttribute') return customInstances(values, version, custom)
    return standardInstances(values, core, version)
  })
}

/** Whether objects of the type have an attribute in a version. */
function isOf(
  { ObjectType: type, RandomNumberGenerator: madeHere }: AttributeValues,
  core: AttributeName,
  version: Version,
): boolean {
  // It is of what was registered: of what was made here nobody asks.
  if (core === 'KeyValuePresent' && madeHere) return false
  const types = attributesOf(version).byCore.get(core)?.row.objectTypes
  return types === undefined || type === undefined || types.includes('all') || types.includes(String(type))
}

function standardInstances(values: AttributeValues, core: AttributeName, version: Version): Instance[] {
  const known = attributesOf(version).byCore.get(core)
  if (!known) return []
  return listOf(values[core])
    .map((value, index) => ({ value, index }))
    .filter(({ value }) => known.codec.isKnown(value, version))
    .map(({ value, index }) => ({
      text: known.row.attributeName,
      tag: known.tag,
      index,
      write: (writer, tag) => known.codec.write(writer, tag, value, version),
    }))
}

function customInstances(
  values: AttributeValues,
  version: Version,
  wanted: NamedAttribute['custom'],
): Instance[] {
  const all = listOf(values.VendorAttribute) as unknown as readonly CustomAttribute[]
  const counts = new Map<string, number>()
  return all
    .filter(({ vendor, name }) => !wanted || (vendor === wanted.vendor && name === wanted.name))
    .filter((custom) => isTwo(version) || nameOfCustom(custom) !== undefined)
    .map((custom) => {
      const text = nameOfCustom(custom) ?? `${custom.vendor}-${custom.name}`
      const index = counts.get(text) ?? 0
      counts.set(text, index + 1)
      return {
        text,
        tag: Tag.Attribute,
        custom,
        index,
        write: (writer: TtlvWriter, tag: number) => writeCustom(writer, tag, custom),
      }
    })
}

/** The instances of an attribute. */
export function listOf(
  value: AttributeValue | readonly AttributeValue[] | undefined,
): readonly AttributeValue[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value as AttributeValue]
}

/** One instance as an Attribute of 1.x. */
export function writeAttribute(writer: TtlvWriter, { text, index, write }: Instance): void {
  writer.begin(Tag.Attribute)
  writer.text(Tag.AttributeName, text)
  if (index > 0) writer.integer(Tag.AttributeIndex, index)
  write(writer, Tag.AttributeValue)
  writer.end()
}

/** One under its own tag, as in 2.x. */
export function writeTagged(writer: TtlvWriter, { tag, custom, write }: Instance): void {
  if (!custom) {
    write(writer, tag)
    return
  }
  writer.begin(Tag.Attribute)
  writer.text(Tag.VendorIdentification, custom.vendor)
  writer.text(Tag.AttributeName, custom.name)
  write(writer, Tag.AttributeValue)
  writer.end()
}

/** Attributes of 1.x one by one; those of 2.x in their structure. */
export function writeAttributes(writer: TtlvWriter, instances: readonly Instance[], version: Version): void {
  if (!isTwo(version)) {
    for (const one of instances) writeAttribute(writer, one)
    return
  }
  writer.begin(Tag.Attributes)
  for (const one of instances) writeTagged(writer, one)
  writer.end()
}

/** The names of attributes, each once. */
export function writeNames(writer: TtlvWriter, instances: readonly Instance[], version: Version): void {
  const seen = new Set<string>()
  for (const { text, tag, custom } of instances) {
    if (seen.has(text)) continue
    seen.add(text)
    if (!isTwo(version)) writer.text(Tag.AttributeName, text)
    else if (!custom) writer.enumeration(Tag.AttributeReference, tag)
    else {
      writer.begin(Tag.AttributeReference)
      writer.text(Tag.VendorIdentification, custom.vendor)
      writer.text(Tag.AttributeName, custom.name)
      writer.end()
    }
  }
}
