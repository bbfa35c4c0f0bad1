import { native, TtlvDecoder, type TtlvMessage, TtlvWriter } from '../../../native/index.js'
import {
  attributesTags,
  type GivenAttribute,
  readAttribute,
  readAttributes,
  templatesIn,
} from '../attributes/read.js'
import { isSeveral } from '../attributes/several.js'
import { refuse } from '../engine/refusal.js'
import { Fields, structure } from '../fields.js'
import type { Request } from '../operations/operation.js'
import { Tag } from '../tables/index.js'
import type { Version } from '../version.js'

const writer = new TtlvWriter(native)
const decoder = new TtlvDecoder(native)

/** A Template of 1.x as it is kept: its attributes as they came, also those that only keys have. */
export function encodedTemplate({ message, item }: Fields): Buffer {
  return writer.message((writer) => writer.copy(message, item))
}

export function decodedTemplate(material: Buffer): TtlvMessage {
  return decoder.decode(material)
}

export function attributesOfTemplate(template: Fields, version: Version): readonly GivenAttribute[] {
  return template.all(Tag.Attribute, structure).map((attribute) => readAttribute(attribute, version))
}

/**
 * What a request says of an object: by itself, and by the templates that it names (KMIP 1.4 section 2.1.8). Of what there is one of, its own
 * goes first, then the first template's; the name of a template is its own.
 *
 * @throws ItemNotFound for what is no template
 */
export async function saidIn(
  { payload, session, version }: Request,
  tags: { readonly one: number; readonly two: number } = attributesTags,
): Promise<readonly GivenAttribute[]> {
  const own = readAttributes(payload, tags, version)
  const given = new Set(own.map(({ core }) => core))
  const all: GivenAttribute[] = []
  for (const name of templatesIn(payload, tags.one, version)) {
    const { attributes, material } = await session.exportObject(name)
    if (attributes.ObjectType !== 'Template') throw refuse('ItemNotFound', 'a template that is named is none')
    for (const one of attributesOfTemplate(new Fields(decodedTemplate(material)), version)) {
      if (one.core === undefined || one.core === 'Name') continue
      if (!isSeveral(one.core) && given.has(one.core)) continue
      given.add(one.core)
      all.push(one)
    }
  }
  return [...all, ...own]
}
