import type { ExportedObject, Session, Wrapping } from '../../../core/index.js'
import { refuse } from '../engine/refusal.js'
import { enumerated } from '../fields.js'
import { keyFormats } from '../objects/read_object.js'
import { wrappingIn } from '../objects/wrapping.js'
import { coreFormatOf, objectTypeValue, writeObject } from '../objects/write_object.js'
import { Tag } from '../tables/index.js'
import { type KmipOperation, objectOf, type Request } from './operation.js'

/** KMIP 2.1 section 6.1.20. */
export const get: KmipOperation = {
  name: 'Get',
  effect: 'read',
  async run(request) {
    const { version } = request
    const { exported, keyFormat, wrapping } = await exportAsked(request)
    return {
      object: exported.id,
      secret: exported.material,
      write(writer) {
        writer.enumeration(Tag.ObjectType, objectTypeValue(exported))
        writer.text(Tag.UniqueIdentifier, exported.id)
        writeObject(writer, exported, keyFormat, version, wrapping)
      },
    }
  },
}

export interface Exported {
  readonly exported: ExportedObject
  /** KMIP's Key Format Type. */
  readonly keyFormat: string
  readonly wrapping: Wrapping | undefined
}

/** Gives an object out in the format that is asked for, or in that in which it came. */
export async function exportAsked(request: Request): Promise<Exported> {
  const { payload, session } = request
  if (payload.typeOf(Tag.KeyCompressionType) !== undefined)
    throw refuse('KeyCompressionTypeNotSupported', 'points are not compressed here')
  const object = objectOf(request)
  const asked = payload.optional(Tag.KeyFormatType, enumerated)
  const wrapping = wrappingIn(payload, Tag.KeyWrappingSpecification)
  return exportObject(
    session,
    object,
    asked === undefined ? undefined : (keyFormats.name(asked) ?? 'unknown'),
    wrapping,
  )
}

/** The same of an object by its id. */
export async function exportObject(
  session: Session,
  object: string,
  asked?: string,
  wrapping?: Wrapping,
): Promise<Exported> {
  const { id, attributes } = await session.getAttributes(object, ['ObjectType', 'KeyFormatType'])
  const type = String(attributes.ObjectType)
  const usual = String(attributes.KeyFormatType ?? 'Opaque')
  const keyFormat = asked ?? usual
  if (wrapping) return { exported: await session.exportObject(id, { wrapping }), keyFormat, wrapping }
  if (type === 'Certificate' || type === 'OpaqueObject')
    return { exported: await session.exportObject(id), keyFormat: usual, wrapping }
  const exported = await session.exportObject(id, { format: coreFormatOf(keyFormat, type) })
  return { exported, keyFormat, wrapping }
}
