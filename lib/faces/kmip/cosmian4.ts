import { coreName } from './attributes/table.js'
import { olderName } from './encodings/cosmian.js'
import { itemsIn, type JsonItem } from './encodings/json.js'

/**
 * What clients of Cosmian 4 expect beside what those of today do: new objects are Active, whoever makes them may choose their
 * identifiers, and answers have other shapes. A chosen identifier is the name of the object here.
 */

const attributesTags: Readonly<Record<string, string>> = {
  Create: 'Attributes',
  CreateKeyPair: 'CommonAttributes',
  Import: 'Attributes',
  Register: 'Attributes',
}

/** The identifier that whoever makes an object wants it to have. */
export function chosenId(operation: JsonItem): string | undefined {
  const wanted = attributesTags[String(operation.tag)]
  if (wanted === undefined) return undefined
  const items = itemsIn(operation)
  const attributes = items.find(({ tag }) => tag === wanted)
  const ids = [...items, ...(attributes ? itemsIn(attributes) : [])].filter(
    ({ tag, value }) => tag === 'UniqueIdentifier' && typeof value === 'string' && value !== '',
  )
  const [id] = ids.map(({ value }) => String(value))
  return id
}

/** The request about the object that has the identifier as its name, for a client that has chosen one as the server gives them out. */
export function byName(operation: JsonItem): JsonItem | undefined {
  const items = itemsIn(operation)
  const at = items.findIndex(({ tag, value }) => tag === 'UniqueIdentifier' && typeof value === 'string')
  const id = items[at]
  if (!id || coreName(String(id.value)) === id.value || attributesTags[String(operation.tag)] !== undefined)
    return undefined
  return { ...operation, value: items.with(at, { ...id, value: coreName(String(id.value)) }) }
}

/** The request with what it means to say. @param now milliseconds since 1970 */
export function completed(operation: JsonItem, now: number): JsonItem {
  const wanted = attributesTags[String(operation.tag)]
  if (wanted === undefined) return operation
  const items = itemsIn(operation)
  const attributes = items.find(({ tag }) => tag === wanted) ?? { tag: wanted, type: 'Structure', value: [] }
  const given = itemsIn(attributes).filter(({ tag }) => tag !== 'UniqueIdentifier')
  const id = chosenId(operation)
  const has = (name: string) => given.some(({ tag }) => tag === name)
  const more: JsonItem[] = [
    ...(has('ActivationDate')
      ? []
      : [{ tag: 'ActivationDate', type: 'DateTime', value: new Date(now).toISOString() }]),
    ...(id === undefined || has('Name') ? [] : [nameOf(id)]),
  ]
  const complete = { ...attributes, value: [...given, ...more] }
  return { ...operation, value: [...items.filter(({ tag }) => tag !== wanted), complete] }
}

function nameOf(id: string): JsonItem {
  return {
    tag: 'Name',
    type: 'Structure',
    value: [
      { tag: 'NameValue', type: 'TextString', value: id },
      { tag: 'NameType', type: 'Enumeration', value: 'UninterpretedTextString' },
    ],
  }
}

/** The answer in the shapes of those clients. @param id that was chosen */
export function olderAnswer(text: string, id: string | undefined): string {
  const answer = JSON.parse(text) as JsonItem
  const items = itemsIn(answer).map(older)
  if (answer.tag === 'LocateResponse') {
    const found = items.filter(({ tag }) => tag === 'UniqueIdentifier')
    const others = items.filter(({ tag }) => tag !== 'UniqueIdentifier')
    const list = { tag: 'UniqueIdentifier', type: 'Structure', value: found }
    return JSON.stringify({ ...answer, value: [...others, list] })
  }
  const type = items.find(({ tag }) => tag === 'ObjectType')?.value
  const value = items.map((item) => {
    if (item.tag === 'UniqueIdentifier' && id !== undefined) return { ...item, value: id }
    return item.tag === type ? { ...item, tag: 'Object' } : item
  })
  return JSON.stringify({ ...answer, value })
}

function older(item: JsonItem): JsonItem {
  const { tag, type, value } = item
  if (tag === 'IVCounterNonce') return { ...item, tag: 'IvCounterNonce' }
  if (type === 'Enumeration') return { ...item, value: olderName(String(tag), String(value)) }
  if (type !== 'Structure') return item
  const items = itemsIn(item).map(older)
  return { ...item, value: tag === 'KeyBlock' ? items.map((one) => keyValue(one, items)) : items }
}

/** Says the format of a key in its value too, and puts raw bytes into a structure. */
function keyValue(item: JsonItem, block: readonly JsonItem[]): JsonItem {
  if (item.tag !== 'KeyValue' || item.type !== 'Structure') return item
  const format = block.find(({ tag }) => tag === 'KeyFormatType')
  const value = itemsIn(item).map((one) =>
    one.tag === 'KeyMaterial' && one.type === 'ByteString' && format?.value === 'Raw'
      ? { tag: 'KeyMaterial', type: 'Structure', value: [{ ...one, tag: 'ByteString' }] }
      : one,
  )
  return {
    ...item,
    value: [...value, ...(format ? [{ tag: 'Attributes', type: 'Structure', value: [format] }] : [])],
  }
}
