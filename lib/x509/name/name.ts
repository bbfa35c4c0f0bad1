import { equalBytes, hex } from '../bytes.js'
import { DerReader } from '../der/reader.js'
import { tags } from '../der/tags.js'
import { oid, sequence } from '../der/writer.js'
import { malformed } from '../malformed.js'
import { descriptorOf } from './attribute_types.js'
import { stringText } from './directory_string.js'
import { prepare } from './prepare.js'

export interface NameAttribute {
  /** Object identifier. */
  readonly type: string
  /** Undefined where the value is of no string type. */
  readonly text: string | undefined
  /** The value as DER. */
  readonly value: Uint8Array
}

/** A set of attributes, nearly always of one. */
export type RelativeName = readonly NameAttribute[]

/** A distinguished name (RFC 5280 section 4.1.2.4). */
export class Name {
  readonly der: Uint8Array
  /** From the root down, as they are encoded. */
  readonly relativeNames: readonly RelativeName[]
  #keys: readonly string[] | undefined

  constructor(der: Uint8Array, relativeNames: readonly RelativeName[]) {
    this.der = der
    this.relativeNames = relativeNames
  }

  get isEmpty(): boolean {
    return this.relativeNames.length === 0
  }

  /**
   * RFC 4514: the last relative name first, `CN=billing,O=Example`. Names of one text differ in their string types at most, so
   * that it can be kept to know a subject by.
   */
  get text(): string {
    return this.relativeNames
      .map((attributes) => attributes.map(attributeText).join('+'))
      .reverse()
      .join(',')
  }

  /** RFC 5280 section 7.1: without regard to case, to string types and to spaces at the ends and in runs. */
  equals(other: Name): boolean {
    return (
      equalBytes(this.der, other.der) ||
      (this.relativeNames.length === other.relativeNames.length && other.isWithin(this))
    )
  }

  /** Whether it begins, from the root, with all of `base` (section 4.2.1.10). */
  isWithin(base: Name): boolean {
    return base.keys.every((key, i) => key === this.keys[i])
  }

  /** The texts of all attributes of a type. */
  valuesOf(type: string | undefined): string[] {
    return this.relativeNames
      .flat()
      .filter((attribute) => attribute.type === type)
      .map(({ text }) => text ?? '')
  }

  /** Each relative name in one form (RFC 4514) that those which are equal have in common, from the root down. */
  get keys(): readonly string[] {
    this.#keys ??= this.relativeNames.map(relativeKey)
    return this.#keys
  }
}

export function relativeKey(attributes: RelativeName): string {
  return attributes.map(attributeKey).sort().join('+')
}

function attributeKey({ type, text, value }: NameAttribute): string {
  const name = (descriptorOf(type) ?? type).toUpperCase()
  const prepared = text === undefined ? undefined : prepare(text)
  return prepared === undefined ? `${name}=#${hex(value)}` : `${name}=${escaped(prepared)}`
}

/** A text that is nothing to compare, which no text of a name may be, is written as its bytes. */
function attributeText({ type, text, value }: NameAttribute): string {
  const descriptor = descriptorOf(type)
  return descriptor === undefined || text === undefined || !prepare(text)
    ? `${type}=#${hex(value)}`
    : `${descriptor}=${escaped(text)}`
}

/** RFC 4514 section 2.4. */
function escaped(text: string): string {
  return text
    .replace(/["+,;<>\\]|^[ #]| $/g, '\\$&')
    .replace(/\p{Cc}/gu, (control) =>
      [...Buffer.from(control)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
    )
}

export function readName(reader: DerReader): Name {
  const { tag, der, content } = reader.element()
  if (tag !== tags.sequence) throw malformed('a name is no SEQUENCE')
  const sets = new DerReader(content)
  const relativeNames: RelativeName[] = []
  while (!sets.done) relativeNames.push(sets.constructed(tags.set).every(readAttribute))
  return new Name(der, relativeNames)
}

export function writeAttribute({ type, value }: NameAttribute): Buffer {
  return sequence(oid(type), value)
}

export function readAttribute(reader: DerReader): NameAttribute {
  const attribute = reader.sequence()
  const type = attribute.oid()
  const { tag, der, content } = attribute.element()
  attribute.end()
  return { type, text: stringText(tag, content), value: der }
}
