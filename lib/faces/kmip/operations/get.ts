import type { ExportedObject, KeyFormat, Session, Wrapping } from '../../../core/index.js'
import { isMortiseError } from '../../../errors/index.js'
import { refuse } from '../engine/refusal.js'
import { enumerated } from '../fields.js'
import { keyFormats } from '../objects/read_object.js'
import { wrappingIn } from '../objects/wrapping.js'
import { coreFormatOf, objectTypeValue, writeObject } from '../objects/write_object.js'
import { Tag } from '../tables/index.js'
import { isTwo } from '../version.js'
import { type KmipOperation, objectOf, type Request } from './operation.js'

/** KMIP 2.1 section 6.1.19. */
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

/** Objects without a Key Block. */
const bare: ReadonlySet<string> = new Set(['Certificate', 'CertificateRequest', 'OpaqueObject', 'Template'])

export interface Exported {
  readonly exported: ExportedObject
  /** KMIP's Key Format Type. */
  readonly keyFormat: string
  readonly wrapping: Wrapping | undefined
}

/** Gives an object out in the format that is asked for, or in that in which it came. */
export async function exportAsked(request: Request): Promise<Exported> {
  try {
    return await exported(request)
  } catch (error) {
    const isDestroyed =
      isMortiseError(error, 'MORTISE_KEY_STATE') && String(error.details['state']).startsWith('Destroyed')
    if (!isDestroyed || isTwo(request.version)) throw error
    // In 1.x what is destroyed is not there to be got.
    throw refuse('ItemNotFound', error.message)
  }
}

async function exported(request: Request): Promise<Exported> {
  const { payload } = request
  if (payload.typeOf(Tag.KeyCompressionType) !== undefined)
    throw refuse('KeyCompressionTypeNotSupported', 'points are not compressed here')
  const asked = payload.optional(Tag.KeyFormatType, enumerated)
  return exportObject(
    request,
    objectOf(request),
    asked === undefined ? undefined : (keyFormats.name(asked) ?? 'unknown'),
    wrappingIn(payload, Tag.KeyWrappingSpecification),
  )
}

/**
 * The same of an object by its id. What kind of object it is only comes to light with the object, so that whoever may not have it learns
 * nothing of it, and one operation of the core does it all.
 */
export async function exportObject(
  { session, version }: Pick<Request, 'session' | 'version'>,
  object: string,
  asked?: string,
  wrapping?: Wrapping,
): Promise<Exported> {
  if (asked === 'PKCS_12' && !wrapping)
    return { exported: await exportPkcs12(session, object), keyFormat: asked, wrapping }
  const exported = await session.exportObject(object, {
    ...(wrapping ? { wrapping } : { formatOf: (told) => coreFormatIn(told, asked) }),
  })
  const { ObjectType: type } = exported.attributes
  if (type === 'Template' && isTwo(version)) throw refuse('InvalidObjectType', 'KMIP 2.x has no templates')
  const keyFormat = bare.has(String(type)) || asked === undefined ? usualFormat(exported) : asked
  return { exported, keyFormat, wrapping }
}

type Told = Pick<ExportedObject, 'attributes'>

function coreFormatIn(told: Told, asked: string | undefined): KeyFormat | undefined {
  const type = String(told.attributes.ObjectType)
  return bare.has(type) ? undefined : coreFormatOf(asked ?? usualFormat(told), type)
}

function usualFormat({ attributes }: Told): string {
  return String(attributes.KeyFormatType ?? 'Opaque')
}

/** Certificates that lead on from one to the next. */
const longestChain = 10

/** A private key with the certificates that its links lead to, under the password that one of them names (KMIP 1.4 section 4.11). */
async function exportPkcs12(session: Session, object: string): Promise<ExportedObject> {
  const linked = async (from: string, type: string) => {
    const { Link: links = [] } = await session.attributes(from, ['Link'])
    const found = (links as readonly unknown[] as readonly Link[]).find((link) => link.type === type)
    return found?.object
  }
  const secret = await linked(object, 'pkcs12Password')
  let next = await linked(object, 'pkcs12Certificate')
  if (secret === undefined || next === undefined)
    throw refuse(
      'KeyFormatTypeNotSupported',
      'PKCS#12 is made of a key with a PKCS#12 Password Link and a PKCS#12 Certificate Link',
    )
  const certificates: Buffer[] = []
  while (next !== undefined && certificates.length < longestChain) {
    certificates.push((await session.exportObject(next)).material)
    next = await linked(next, 'pkcs12Certificate')
  }
  const { material } = await session.exportObject(secret)
  try {
    return await session.exportObject(object, { password: material.toString(), certificates })
  } finally {
    material.fill(0)
  }
}

interface Link {
  readonly type: string
  readonly object: string
}
