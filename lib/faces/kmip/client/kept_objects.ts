import { isMortiseError } from '../../../errors/index.js'
import { type GivenAttribute, readAttribute, readTagged } from '../attributes/read.js'
import { Refusal } from '../engine/refusal.js'
import { enumerated, type Fields, structure, text } from '../fields.js'
import { objectTypes, type ReadObject, readObject } from '../objects/read_object.js'
import { Tag, tagNames } from '../tables/index.js'
import { isTwo } from '../version.js'
import type { KmipClient } from './kmip_client.js'

const pageSize = 1000
/** Storage Status Mask: on-line and archived. */
const allStorage = 3

/** What a server says of an object. */
export interface KeptObject {
  readonly id: string
  readonly given: readonly GivenAttribute[]
  /** Attributes that nobody here understands. */
  readonly unknown: readonly string[]
}

/** The identifiers of all objects that whoever asks may see, each once. */
export async function* keptIds(client: KmipClient): AsyncGenerator<string> {
  const seen = new Set<string>()
  const paged = client.version >= '1.3'
  for (;;) {
    const before = seen.size
    const payload = await client.ask('Locate', (writer) => {
      if (paged) {
        writer.integer(Tag.MaximumItems, pageSize)
        writer.integer(Tag.OffsetItems, before)
      }
      writer.integer(Tag.StorageStatusMask, allStorage)
      if (!isTwo(client.version)) return
      writer.begin(Tag.Attributes)
      writer.end()
    })
    for (const id of payload.all(Tag.UniqueIdentifier, text)) {
      if (seen.has(id)) continue
      seen.add(id)
      yield id
    }
    // A server that knows no offset gives the same again.
    if (!paged || seen.size < before + pageSize) return
  }
}

export async function keptObject(client: KmipClient, id: string): Promise<KeptObject> {
  const payload = await client.ask('GetAttributes', (writer) => writer.text(Tag.UniqueIdentifier, id))
  const given: GivenAttribute[] = []
  const unknown: string[] = []
  for (const { name, read } of attributesIn(payload, client)) {
    try {
      const attribute = read()
      if (attribute.core === undefined) unknown.push(name)
      else given.push(attribute)
    } catch (error) {
      if (!(error instanceof Refusal) && !isMortiseError(error, 'MORTISE_KMIP_MALFORMED')) throw error
      unknown.push(name)
    }
  }
  return { id, given, unknown }
}

/** The object itself. The caller wipes the material. */
export async function keptMaterial(client: KmipClient, id: string): Promise<ReadObject> {
  const payload = await client.ask('Get', (writer) => writer.text(Tag.UniqueIdentifier, id))
  const type = objectTypes.name(payload.required(Tag.ObjectType, enumerated)) ?? 'unknown'
  return readObject(payload, type, client.version)
}

function attributesIn(payload: Fields, { version }: KmipClient) {
  if (!isTwo(version))
    return payload.all(Tag.Attribute, structure).map((attribute) => ({
      name: attribute.required(Tag.AttributeName, text),
      read: () => readAttribute(attribute, version),
    }))
  const attributes = payload.optional(Tag.Attributes, structure) ?? payload
  const { message, item } = attributes
  return message
    .children(item)
    .filter((child) => message.tag(child) !== Tag.UniqueIdentifier)
    .map((child) => ({
      name: tagNames.name(message.tag(child)) ?? 'an attribute of nobody',
      read: () => readTagged(attributes, child, version),
    }))
}
