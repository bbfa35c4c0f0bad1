import type { Session } from '../../../core/index.js'
import { ItemType, type TtlvWriter } from '../../../native/index.js'
import type { AsynchronousRequests } from '../engine/asynchronous.js'
import { type Failure, refuse } from '../engine/refusal.js'
import type { Streams } from '../engine/streams.js'
import { enumerated, type Fields, integer, text } from '../fields.js'
import { enumerationNames, Tag } from '../tables/index.js'
import type { Version } from '../version.js'

/** One item of a batch, with what goes for all of them. */
export interface Request {
  readonly session: Session
  readonly version: Version
  readonly payload: Fields
  /** What the items before have done. */
  readonly batch: Batch
  /** Data that comes in parts, over several messages. */
  readonly streams: Streams
  readonly issuing: Issuing
  /** What is answered later. */
  readonly asynchronous: AsynchronousRequests
}

/** What certifies where a request does not say it. */
export interface Issuing {
  /** Id or name. Default: the only one. */
  readonly authority: string | undefined
  /** Name of a profile of certificates. */
  readonly profile: string
}

/** What later items of a batch may refer to. */
export interface Batch {
  /** The ID Placeholder (KMIP 2.1 section 6): the object of the last item that had one. */
  placeholder: string | undefined
  /** Identifiers of 2.x by which later items call what earlier ones have made: `CreateKeyPairPublicKey`. */
  readonly made: Map<string, string>
  /** The object of each item, by its place. */
  readonly objects: (string | undefined)[]
}

/** What an operation answers. */
export interface Answer {
  /** The object, which is the ID Placeholder from now on. */
  readonly object?: string
  /** What later items may call by other names. */
  readonly made?: Readonly<Record<string, string>>
  /** Writes the content of the Response Payload. */
  write?(writer: TtlvWriter): void
  /** Is wiped once it is written. */
  readonly secret?: Buffer
  /** What became of another item, which is answered in the place of this one. */
  readonly of?: Polled
  /** Takes back what was done. */
  undo?(): Promise<unknown>
}

/** What became of an item that was to be answered later. */
export interface Polled {
  readonly operation?: number
  readonly status: number
  readonly failure?: Failure | undefined
  /** Where it has come to nothing so far. */
  readonly correlation?: Buffer
}

/**
 * An operation of KMIP: it reads the payload, has a method of the session do the work, and writes the answer. It decides nothing
 * and checks nothing that the core decides and checks.
 */
export interface KmipOperation {
  /** Its name in the table of operations, which knows its number and the versions that have it. */
  readonly name: string
  /** What becomes of it in a batch whose option is Undo: `read` has changed nothing, `undo` takes it back, `final` cannot be taken back. */
  readonly effect: 'read' | 'undo' | 'final'
  run(request: Request): Promise<Answer>
}

const referenceNames = enumerationNames('UniqueIdentifier')

/**
 * The object that a request is about: its id, the place of an earlier item or a word for one (2.x), or without any the ID
 * Placeholder.
 *
 * @throws ItemNotFound where there is none
 */
export function objectOf(request: Request, tag: number = Tag.UniqueIdentifier): string {
  return optionalObject(request, tag) ?? placeholder(request)
}

/** The same for a payload that may leave it out and mean something else. */
export function optionalObject(
  { payload, batch, version }: Request,
  tag: number = Tag.UniqueIdentifier,
): string | undefined {
  switch (payload.typeOf(tag)) {
    case undefined:
      return undefined
    case ItemType.Enumeration: {
      const name = referenceNames.name(payload.required(tag, enumerated))
      const found = name === 'IDPlaceholder' ? batch.placeholder : batch.made.get(name ?? '')
      return found ?? missing(version)
    }
    case ItemType.Integer: {
      const place = payload.required(tag, integer)
      return batch.objects.at(place) ?? missing(version)
    }
    default:
      return softwareId(payload.required(tag, text))
  }
}

/** An identifier as Cosmian's clients have it for keys in HSMs names no object of ours. */
export function softwareId(id: string): string {
  if (!id.startsWith('hsm::')) return id
  throw refuse('FeatureNotSupported', 'keys in HSMs are not served: hsm:: identifiers mean nothing here')
}

function placeholder({ batch, version }: Request): string {
  return batch.placeholder ?? missing(version)
}

function missing(version: Version): never {
  throw refuse(
    version >= '2.0' ? 'ObjectNotFound' : 'ItemNotFound',
    'no object is named, and no item before has left one',
  )
}

/** Who may ask for what is answered later: the principal, in the same version, by the same ticket where it has one. */
export function ownerOf({ session, version }: Pick<Request, 'session' | 'version'>): string {
  return [version, session.principal.id, session.ticket && session.login?.id].join(' ')
}

/** An answer that is nothing but the identifier of the object. */
export function identified(object: string, rest: Partial<Answer> = {}): Answer {
  return {
    object,
    ...rest,
    write(writer) {
      writer.text(Tag.UniqueIdentifier, object)
      rest.write?.(writer)
    },
  }
}
