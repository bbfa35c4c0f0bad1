import { attributesTags, readAttribute, readAttributes } from '../attributes/read.js'
import { refuse } from '../engine/refusal.js'
import { structure, text } from '../fields.js'
import { newObject } from '../objects/new_object.js'
import { objectTypes, readObject } from '../objects/read_object.js'
import { foundIn, registerRead } from '../objects/register.js'
import { ruled } from '../objects/rules.js'
import { Tag } from '../tables/index.js'
import { isTwo } from '../version.js'
import { identified, type KmipOperation, type Request } from './operation.js'

/**
 * KMIP 2.1 section 6.1.28: an object from another server. Identifiers are given here, so that nobody chooses one: the answer has
 * the new one, and the old is kept as an Alternative Name.
 */
export const importObject: KmipOperation = {
  name: 'Import',
  effect: 'undo',
  async run(request) {
    const { payload, session, version } = request
    const said = isTwo(version)
      ? readAttributes(payload, attributesTags, version)
      : payload.all(Tag.Attribute, structure).map((one) => readAttribute(one, version))
    const type = typeIn(request)
    const kept = said.filter(({ core }) => core === undefined || !byServer.has(core))
    const read = readObject(payload, type, version)
    try {
      const made = newObject(await ruled(request, type, kept, foundIn(read)))
      const { id } = await registerRead(session, read, {
        ...made,
        attributes: {
          ...made.attributes,
          ...formerId(payload.required(Tag.UniqueIdentifier, text), made.attributes),
        },
      })
      return identified(id, { made: { Import: id }, undo: () => session.destroy(id) })
    } finally {
      read.material.fill(0)
    }
  },
}

function formerId(id: string, { AlternativeName: others = [] }: { readonly AlternativeName?: unknown }) {
  return { AlternativeName: [...(others as never[]), { type: 'UninterpretedTextString', value: id }] }
}

function typeIn({ payload }: Request): string {
  const { message, item } = payload
  const types = message
    .children(item)
    .map((child) => Object.entries(Tag).find(([, tag]) => tag === message.tag(child))?.[0])
    .filter((name) => name !== undefined && objectTypes.value(name) !== undefined)
  const [type] = types
  if (type === undefined) throw refuse('InvalidField', 'the payload has no object')
  return type
}

/** What the other server has set, and this one sets itself. */
const byServer: ReadonlySet<string> = new Set([
  'AlwaysSensitive',
  'ArchiveDate',
  'CompromiseDate',
  'CompromiseOccurrenceDate',
  'DestroyDate',
  'InitialDate',
  'KeyFormatType',
  'KeyValuePresent',
  'LastChangeDate',
  'LeaseTime',
  'NeverExtractable',
  'ProtectionStorageMask',
  'RevocationReason',
  'State',
  'UniqueIdentifier',
])
