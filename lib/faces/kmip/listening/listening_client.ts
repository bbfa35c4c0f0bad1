import { randomUUID } from 'node:crypto'
import type {
  AttributeName,
  AttributeValues,
  KeyManager,
  Session,
  TrailFollower,
  TrailRecord,
} from '../../../core/index.js'
import { isMortiseError } from '../../../errors/index.js'
import { isRefusal } from '../engine/refusal.js'
import { exportObject } from '../operations/get.js'
import type { Version } from '../version.js'
import { notifyMessage, putMessage } from './messages.js'

/** Where a client listens, and as whom it is told what. */
export interface ListeningClient {
  /** Id or name: it is told of objects whose attributes this principal may get, and given those that it may export. */
  readonly principal: string
  /** `HOST:PORT`. */
  readonly address: string
  readonly version: Version
  /** Opens a connection, hands each message over, waits for the answer to each, and closes. Throws where one has none. */
  send(messages: AsyncIterable<Buffer>): Promise<void>
}

/** Operations that make an object. */
const making: ReadonlySet<string> = new Set([
  'Create',
  'CreateKeyPair',
  'DeriveKey',
  'JoinSplitKey',
  'Register',
])
/** Operations that change attributes, and which. Whatever names an attribute in its record changes that one. */
const changing: Readonly<Record<string, readonly AttributeName[]>> = {
  Activate: ['State', 'ActivationDate'],
  AddAttribute: [],
  Archive: ['ArchiveDate'],
  CancelActivation: ['State'],
  CancelDestroy: ['State'],
  CancelRevocation: ['State'],
  DeleteAttribute: [],
  Destroy: ['State', 'DestroyDate'],
  ModifyAttribute: [],
  Recover: ['ArchiveDate'],
  Rekey: ['Link'],
  Revoke: ['State', 'DeactivationDate', 'CompromiseDate', 'RevocationReason'],
  SetAttribute: [],
}

/**
 * A client that is told by Notify when attributes of objects change, and given new and replaced objects by Put: from the audit trail,
 * so that whatever ends a process leaves nothing out. What is told is how things are when it is told.
 */
export function followerOf(keyManager: KeyManager, client: ListeningClient): TrailFollower {
  const { principal, address } = client
  return {
    place: `kmip:${principal}@${address}`,
    async heard(records) {
      const told = records.filter(
        ({ operation }) => making.has(operation) || Object.hasOwn(changing, operation),
      )
      if (told.length === 0) return
      const session = await keyManager.admit(principal, { face: 'kmip', request: randomUUID() })
      await client.send(messagesOf(session, client.version, told))
    },
  }
}

async function* messagesOf(
  session: Session,
  version: Version,
  records: readonly TrailRecord[],
): AsyncGenerator<Buffer> {
  for (const { operation, object, detail } of records) {
    const { publicKey, replacement } = detail
    if (object === null) continue
    if (making.has(operation)) yield* put(session, version, object)
    if (typeof publicKey === 'string') yield* put(session, version, publicKey)
    if (typeof replacement === 'string') yield* put(session, version, replacement, object)
    const changed = changing[operation]
    if (!changed) continue
    const named = typeof detail['attribute'] === 'string' ? [detail['attribute'] as AttributeName] : []
    yield* notify(session, version, object, [...changed, ...named])
  }
}

async function* notify(
  session: Session,
  version: Version,
  object: string,
  names: readonly AttributeName[],
): AsyncGenerator<Buffer> {
  if (!(await session.may('GetAttributes', object))) return
  const attributes = await ifThere(session.attributes(object, ['LastChangeDate', ...names]))
  if (!attributes) return
  const deleted = names.filter((name) => attributes[name] === undefined)
  yield notifyMessage(version, object, attributes, deleted)
}

async function* put(
  session: Session,
  version: Version,
  object: string,
  replaced?: string,
): AsyncGenerator<Buffer> {
  if (!(await session.may('Export', object)) || !(await session.may('GetAttributes', object))) return
  const attributes: AttributeValues | undefined = await ifThere(session.attributes(object))
  const exported = attributes && (await ifThere(exportObject({ session, version }, object)))
  if (!exported) return
  const message = putMessage(version, exported, attributes, replaced)
  exported.exported.material.fill(0)
  try {
    yield message
  } finally {
    message.fill(0)
  }
}

/** What is there, and what may leave. */
async function ifThere<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asked
  } catch (error) {
    const isOurs = isMortiseError(error) && error.status < 500
    if (isOurs || isRefusal(error, 'InvalidObjectType')) return undefined
    throw error
  }
}
