import { attributes } from './attributes.js'
import { enumerations } from './enumerations.js'
import { masks } from './masks.js'
import type { TagRow, ValueRow } from './rows.js'
import { tags } from './tags.js'

export type EnumerationName = keyof typeof enumerations

/** The tags' numbers by their names. */
export const Tag = valuesOf(tags, 'code')

/** The numbers of a list by their names: `const Operation = enumeration('Operation')`, then `Operation.Create`. */
export function enumeration<E extends EnumerationName>(list: E): Values<(typeof enumerations)[E], 'value'> {
  return valuesOf(enumerations[list], 'value')
}

type Values<Rows, Key extends string> = {
  readonly [Name in keyof Rows]: Rows[Name] extends Readonly<Record<Key, infer Value>> ? Value : never
}

function valuesOf<Rows extends object, Key extends string>(rows: Rows, key: Key): Values<Rows, Key> {
  const entries = Object.entries(rows).map(([name, row]) => [name, row[key]])
  return Object.fromEntries(entries) as Values<Rows, Key>
}

type Rows = Readonly<Record<string, Pick<ValueRow, 'value' | 'otherNames'>>>

/**
 * Numbers and names of one list, both ways. Names are understood in other spellings, too: SHA256 for SHA_256, IvCounterNonce. What is
 * looked up is made when it is first asked for.
 */
export class Names {
  readonly #rows: Rows
  #byNumber: ReadonlyMap<number, string> | undefined
  #bySpelling: ReadonlyMap<string, number> | undefined

  constructor(rows: Rows) {
    this.#rows = rows
  }

  name(value: number): string | undefined {
    this.#byNumber ??= new Map(Object.entries(this.#rows).map(([name, { value }]) => [value, name]))
    return this.#byNumber.get(value)
  }

  value(name: string): number | undefined {
    if (Object.hasOwn(this.#rows, name)) return this.#rows[name]?.value
    this.#bySpelling ??= new Map(
      Object.entries(this.#rows).flatMap(([name, { value, otherNames = [] }]) =>
        [name, ...otherNames].map((other) => [folded(other), value] as const),
      ),
    )
    return this.#bySpelling.get(folded(name))
  }
}

/** No name of a list is another one's when it is folded: a test says so. */
function folded(name: string): string {
  return name.replaceAll(/[^0-9A-Za-z]/g, '').toLowerCase()
}

const tagRows: Readonly<Record<string, TagRow>> = tags
export const tagNames = new Names(
  Object.fromEntries(Object.entries(tagRows).map(([name, { code }]) => [name, { value: code }])),
)
const namesOfEnumerations = new Map(
  Object.entries(enumerations).map(([list, rows]) => [list, new Names(rows)]),
)
const maskNames = new Map(
  Object.entries(masks).map(([list, rows]) => [list, new Names(rows as Readonly<Record<string, ValueRow>>)]),
)
const tagByAttributeName = new Map(attributes.map(({ attributeName, tag }) => [attributeName, tag]))
const rowByCode = new Map(Object.values(tagRows).map((row) => [row.code, row]))

export function enumerationNames(list: EnumerationName): Names {
  return namesOfEnumerations.get(list) as Names
}

/** What names the numbers of an item. */
export interface Meaning {
  /** Of an Enumeration. */
  readonly enumeration?: Names
  /** Of the bits of an Integer. */
  readonly mask?: Names
}

const meanings = new Map<TagRow, Meaning>()
const meaningless: Meaning = {}

/** @param attributeName that of the attribute, where the tag is that of its value in 1.x */
export function meaningOf(tag: number, attributeName: string | undefined): Meaning {
  const named = tag === Tag.AttributeValue && attributeName !== undefined
  const row = named ? tagRows[tagByAttributeName.get(attributeName) ?? ''] : rowByCode.get(tag)
  if (row === undefined) return meaningless
  const known = meanings.get(row)
  if (known !== undefined) return known
  const { enumeration, mask } = row
  const list = enumeration === 'Tag' ? tagNames : namesOfEnumerations.get(enumeration ?? '')
  const bits = maskNames.get(mask ?? '')
  const meaning = { ...(list && { enumeration: list }), ...(bits && { mask: bits }) }
  meanings.set(row, meaning)
  return meaning
}
