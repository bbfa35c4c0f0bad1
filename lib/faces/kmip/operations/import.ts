import type { ObjectInfo, Session } from '../../../core/index.js'
import { attributesTags, readAttribute, readAttributes } from '../attributes/read.js'
import { coreName } from '../attributes/table.js'
import { refuse } from '../engine/refusal.js'
import { boolean, structure, text } from '../fields.js'
import { type NewObject, newObject } from '../objects/new_object.js'
import { objectTypes, type ReadObject, readObject } from '../objects/read_object.js'
import { foundIn, registerRead } from '../objects/register.js'
import { ruled } from '../objects/rules.js'
import { Tag } from '../tables/index.js'
import { isTwo } from '../version.js'
import { identified, type KmipOperation, type Request } from './operation.js'

/**
 * KMIP 2.1 section 6.1.25: an object from another server. Identifiers are given here, so that nobody chooses one: the answer has
 * the new one, and the old is kept as an Alternative Name. What is replaced is the object whose name the identifier is.
 */
export const importObject: KmipOperation = {
  name: 'Import',
  effect: 'undo',
  async run(request) {
    const { payload, session, version } = request
    const given = isTwo(version)
      ? readAttributes(payload, attributesTags, version)
      : payload.all(Tag.Attribute, structure).map((one) => readAttribute(one, version))
    const type = typeIn(request)
    const kept = given.filter(({ core }) => core === undefined || !setByServer.has(core))
    const read = readObject(payload, type, version)
    try {
      const made = newObject(await ruled(request, type, kept, foundIn(read)))
      const former = payload.required(Tag.UniqueIdentifier, text)
      const said: NewObject = {
        ...made,
        attributes: { ...made.attributes, ...formerId(former, made.attributes) },
      }
      const name = coreName(former)
      if (payload.optional(Tag.ReplaceExisting, boolean) && said.name === name) {
        const before = await foundByName(session, name)
        if (before) return identified(await replace(session, before, read, said))
      }
      const { id } = await registerRead(session, read, said)
      return identified(id, { made: { Import: id }, undo: () => session.destroy(id) })
    } finally {
      read.material.fill(0)
    }
  },
}

/** An object whose name is the identifier that another server has for the new one. */
async function foundByName(session: Session, name: string): Promise<ObjectInfo | undefined> {
  return (await session.locate({ name, limit: 1 })).items.find((one) => !one.state.startsWith('Destroyed'))
}

/** The new object is there before the old one goes, which then is gone for good. */
async function replace(
  session: Session,
  before: ObjectInfo,
  read: ReadObject,
  { name, furtherNames = [], ...said }: NewObject,
): Promise<string> {
  const { id } = await registerRead(session, read, said)
  await session.deleteAttribute(before.id, 'Name')
  for (const one of name === undefined ? [] : [name, ...furtherNames])
    await session.addAttribute(id, 'Name', one)
  if (before.state === 'Active') await session.revoke(before.id, 'Superseded')
  await session.destroy(before.id)
  return id
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
export const setByServer: ReadonlySet<string> = new Set([
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
