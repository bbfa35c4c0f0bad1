import { MortiseError } from '../../../errors/index.js'
import type { TtlvWriter } from '../../../native/index.js'
import { enumeration, enumerationNames, Tag } from '../tables/index.js'
import { fromCosmian, tagAttributes, tagsOfIdentifier } from './cosmian.js'
import { itemsIn, type JsonItem, parseItem, tagIn, writeItem, writeItems } from './json.js'
import { ttlvOfXml } from './xml.js'

/** Characters of a message in JSON or XML: eight for each byte that TTLV may have unless configured. */
const largestText = 2 ** 23
/** Beginnings and ends of items: a message has 131,072 items at most, which is found out before any of them is made. */
const mostMarks = 2 ** 18

/** A message that came as text, as TTLV. */
export interface TextRequest {
  readonly bytes: Buffer
  /** The name of the operation that it was, without a message around it: the answer is to be one payload, without one, too. */
  readonly bare?: string
}

/** @throws MORTISE_KMIP_MALFORMED, MORTISE_INPUT_TOO_LARGE */
export function requestOfXml(writer: TtlvWriter, text: string): TextRequest {
  refuseLarge(text, '<')
  return { bytes: ttlvOfXml(writer, text) }
}

/**
 * Of the profile, or Cosmian's: an operation alone, whose tag is the operation's name, gets a message of KMIP 2.1 around it. One on
 * the object that has certain tags comes behind a Locate that finds it.
 *
 * @param complete says what such an operation leaves out
 * @throws MORTISE_KMIP_MALFORMED, MORTISE_INPUT_TOO_LARGE
 */
export function requestOfJson(
  writer: TtlvWriter,
  text: string,
  complete: (operation: JsonItem) => JsonItem = (operation) => operation,
): TextRequest {
  refuseLarge(text, '{')
  const item = parseItem(text)
  const operation = operations.value(tagIn(item))
  const name = operation === undefined ? undefined : operations.name(operation)
  if (operation === undefined || name === undefined) {
    return { bytes: writer.message(() => void writeItem(writer, item, 'profile', 1)) }
  }
  const payload = itemsIn(fromCosmian(complete(item), name === 'Locate'))
  const tags = tagsOfIdentifier(item)
  const bytes = writer.message(() => {
    writer.begin(Tag.RequestMessage)
    writer.begin(Tag.RequestHeader)
    writer.begin(Tag.ProtocolVersion)
    writer.integer(Tag.ProtocolVersionMajor, 2)
    writer.integer(Tag.ProtocolVersionMinor, 1)
    writer.end()
    writer.integer(Tag.BatchCount, tags ? 2 : 1)
    writer.end()
    if (tags) writeBatchItem(writer, Operation.Locate, locating(tags))
    writeBatchItem(
      writer,
      operation,
      tags ? payload.filter(({ tag }) => tag !== 'UniqueIdentifier') : payload,
    )
    writer.end()
  })
  return { bytes, bare: name }
}

const Operation = enumeration('Operation')

function writeBatchItem(writer: TtlvWriter, operation: number, payload: readonly JsonItem[]): void {
  writer.begin(Tag.BatchItem)
  writer.enumeration(Tag.Operation, operation)
  writer.begin(Tag.RequestPayload)
  writeItems(writer, payload, 'cosmian', 4)
  writer.end()
  writer.end()
}

/** Two are enough to see that it is not one. */
function locating(tags: readonly string[]): JsonItem[] {
  return [
    { tag: 'MaximumItems', type: 'Integer', value: 2 },
    { tag: 'Attributes', type: 'Structure', value: tagAttributes(tags, true) },
  ]
}

const operations = enumerationNames('Operation')

function refuseLarge(text: string, mark: string): void {
  if (text.length > largestText) throw tooLarge(`${largestText} characters`)
  let marks = 0
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) {
    if (++marks > mostMarks) throw tooLarge(`${mostMarks / 2} items`)
  }
}

function tooLarge(what: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_TOO_LARGE', `a KMIP message in JSON or XML has at most ${what}`)
}
