import type { Session } from '../../../core/index.js'
import { boolean, byteString, enumerated, type Fields, structure } from '../fields.js'
import {
  type Answer,
  type Batch,
  type Issuing,
  type KmipOperation,
  operations,
  type Polled,
  type Request,
} from '../operations/index.js'
import { enumeration, enumerationNames, enumerations, isKnown, Tag } from '../tables/index.js'
import type { ValueRow } from '../tables/rows.js'
import type { Version } from '../version.js'
import type { AsynchronousRequests } from './asynchronous.js'
import type { OnError } from './header.js'
import { failureOf, refuse } from './refusal.js'
import type { Streams } from './streams.js'
import { permitted } from './tickets.js'

const operationNames = enumerationNames('Operation')
const operationRows: Readonly<Record<string, ValueRow>> = enumerations.Operation
export const ResultStatus = enumeration('ResultStatus')

/** What an answer to an item has of it. */
export interface Echoed {
  /** As the request has it, known or not. */
  readonly operation?: number | undefined
  readonly itemId?: Buffer | undefined
}

/** What became of an item. */
export interface Result extends Echoed, Omit<Polled, 'operation'> {
  readonly answer?: Answer
}

/** What the items of a batch have in common. */
export interface BatchOptions {
  readonly session: Session
  readonly version: Version
  readonly onError: OnError
  readonly streams: Streams
  readonly issuing: Issuing
  readonly asynchronous: AsynchronousRequests
  /** Whether the item at a place is not wanted any more, where it is done later. */
  isCanceled?(place: number): boolean
  /** Called with what is none of ours, and so goes to the log and not to the client. */
  failed(error: unknown): void
}

/**
 * Runs the items one after the other, whatever the Batch Order Option says (KMIP 2.1 section 9.8). After a failure the rest is left
 * out, or goes on, or what was done is taken back.
 */
export async function runBatch(items: readonly Fields[], options: BatchOptions): Promise<Result[]> {
  const batch: Batch = { placeholder: undefined, made: new Map(), objects: [] }
  const results: Result[] = []
  for (const [place, item] of items.entries()) {
    const result = await runItem(item, place, batch, options)
    results.push(result)
    batch.objects.push(result.answer?.object)
    if (result.status !== ResultStatus.OperationFailed || options.onError === 'continue') continue
    return options.onError === 'undo' ? undone(results, options) : results
  }
  return results
}

async function runItem(item: Fields, place: number, batch: Batch, options: BatchOptions): Promise<Result> {
  const { session, version, streams, issuing, asynchronous } = options
  let echoed: Echoed = {}
  try {
    echoed = echoedOf(item)
    if (options.isCanceled?.(place)) throw refuse('OperationCanceledByRequester', 'the request was canceled')
    const operation = operationIn(item, version)
    refuseCritical(item)
    const request: Request = {
      session,
      version,
      payload: item.required(Tag.RequestPayload, structure),
      batch,
      streams,
      issuing,
      asynchronous,
    }
    const answer = await operation.run(await permitted(request, operation.name))
    if (answer.of) return { ...echoed, ...answer.of, answer }
    remember(batch, answer)
    return { ...echoed, status: ResultStatus.Success, answer }
  } catch (error) {
    const failure = failureOf(error, version)
    options.failed(error)
    return { ...echoed, status: ResultStatus.OperationFailed, failure }
  }
}

/** @throws MORTISE_KMIP_MALFORMED */
export function echoedOf(item: Fields): Echoed {
  return {
    operation: item.optional(Tag.Operation, enumerated),
    itemId: item.optional(Tag.UniqueBatchItemID, byteString),
  }
}

function operationIn(item: Fields, version: Version): KmipOperation {
  const number = item.required(Tag.Operation, enumerated)
  const name = operationNames.name(number)
  const row = name === undefined ? undefined : operationRows[name]
  const operation = name === undefined || !row || !isKnown(row, version) ? undefined : operations.get(name)
  if (operation) return operation
  throw refuse(
    'OperationNotSupported',
    `the operation ${name ?? `0x${number.toString(16)}`} is not served in KMIP ${version}`,
  )
}

/** Extensions are not understood: one that must be fails the item (KMIP 2.1 section 9.13). */
function refuseCritical(item: Fields): void {
  const critical = item
    .all(Tag.MessageExtension, structure)
    .some((extension) => extension.required(Tag.CriticalityIndicator, boolean))
  if (critical)
    throw refuse('FeatureNotSupported', 'the Message Extension is not understood, and is critical')
}

function remember(batch: Batch, { object, made = {} }: Answer): void {
  if (object !== undefined) batch.placeholder = object
  for (const [name, id] of Object.entries(made)) batch.made.set(name, id)
}

/** Takes back what was done before the item that failed, the last first. What nobody can take back is told as done, which it is. */
async function undone(results: readonly Result[], { failed, version }: BatchOptions): Promise<Result[]> {
  const after: Result[] = []
  for (const result of [...results].reverse()) {
    if (result.status !== ResultStatus.Success || !(result.answer?.undo || isRead(result))) {
      after.unshift(result)
      continue
    }
    try {
      await result.answer?.undo?.()
      after.unshift({ ...result, status: ResultStatus.OperationUndone })
    } catch (error) {
      failed(error)
      after.unshift({ ...result, status: ResultStatus.OperationFailed, failure: failureOf(error, version) })
    }
  }
  return after
}

/** Whether there is nothing to take back. */
function isRead({ operation }: Result): boolean {
  return operations.get(operationNames.name(operation ?? 0) ?? '')?.effect === 'read'
}
