import { hash, randomUUID } from 'node:crypto'
import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { AuditDetail, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'

/** Key: {@link requestKey}, so that what is asked again while it is pending is the same request. */
const namespace = 'quorum-request'

/** Requests that one principal can have pending. */
const mostPending = 100
/** Of the input of an act, as JSON. */
const longestInput = 64 * 1024

/** Something that somebody wants to do, and that others must approve first. */
export interface QuorumAsked {
  /** Principal id. */
  readonly principal: string
  /** Name of the operation, as the audit trail has it. */
  readonly operation: string
  /** What it is done to, the operation's own object first. An id is of one version of a key. */
  readonly objects: readonly {
    readonly id: string
    readonly name: string | null
    readonly keyVersion: number
  }[]
  /**
   * The rest of its input: what is approved, and nothing else. Bytes stand as their SHA-256; a secret as the word that it was given,
   * for nobody approves what it does not see.
   */
  readonly input: AuditDetail
  /** Keys of the policies that ask for approvals. */
  readonly policies: readonly string[]
}

export interface QuorumRequest extends QuorumAsked {
  /** UUID. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly created: number
  /** From then on it is gone, with its approvals: milliseconds since 1970. */
  readonly expires: number
  /** Each of somebody else. */
  readonly approvals: readonly {
    readonly principal: string
    /** Milliseconds since 1970. */
    readonly time: number
  }[]
}

/** @param lifetime seconds */
export function newQuorumRequest(asked: QuorumAsked, created: number, lifetime: number): QuorumRequest {
  return { id: randomUUID(), ...asked, created, expires: created + lifetime * 1000, approvals: [] }
}

/**
 * SHA-256 over who wants to do what with which input, under which policies, hexadecimal: an approval is for this and nothing else.
 * The order of the fields of the input does not matter.
 *
 * @throws MORTISE_INPUT_TOO_LARGE
 */
export function requestKey({ principal, operation, objects, input, policies }: QuorumAsked): string {
  const fields = Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify(fields)
  if (text.length > longestInput) {
    throw new MortiseError('MORTISE_INPUT_TOO_LARGE', 'what needs approvals is asked with 64 KiB at most')
  }
  const ids = objects.map(({ id }) => id)
  return hash('sha256', JSON.stringify([1, principal, operation, ids, [...policies].sort(), text]))
}

/** What is pending, until it is done, rejected or too old. */
export class QuorumRequests {
  readonly #barrier: Barrier
  readonly #records: RecordReader<QuorumRequest>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
  }

  /** The pending one of exactly this. @throws MORTISE_BARRIER_INTEGRITY, MORTISE_INPUT_TOO_LARGE */
  async pending(asked: QuorumAsked): Promise<Stored<QuorumRequest> | undefined> {
    return this.#records.read(requestKey(asked))
  }

  /** @throws MORTISE_QUORUM_NOT_FOUND, MORTISE_BARRIER_INTEGRITY */
  async find(id: string): Promise<Stored<QuorumRequest>> {
    const [found] = await this.#records.page(1, undefined, { field: 'id', value: id })
    if (found) return found
    throw new MortiseError('MORTISE_QUORUM_NOT_FOUND', `no request ${id} is pending`)
  }

  /** A page in the order of their keys, after the key `after`. */
  list(limit: number, after: string | undefined): Promise<Stored<QuorumRequest>[]> {
    return this.#records.page(limit, after)
  }

  /** The row of a new request. @throws MORTISE_RATE_LIMITED when its principal has as many as it can have */
  async begin(request: QuorumRequest): Promise<RecordWrite> {
    const { principal } = request
    const pending = await this.#records.page(mostPending, undefined, { field: 'principal', value: principal })
    if (pending.length < mostPending) return this.write(request, 1)
    throw new MortiseError(
      'MORTISE_RATE_LIMITED',
      `${mostPending} requests for approvals are pending already: reject some, or wait until they expire`,
    )
  }

  write(request: QuorumRequest, version: number): RecordWrite {
    const { id, principal, expires } = request
    const identity = { namespace, key: requestKey(request), version, expires, index: { id, principal } }
    return writeRecord(this.#barrier, identity, request)
  }

  /** Consumes it in the state in which it was read: of several Changes that do so, one is applied. */
  remove({ key, version }: Stored<QuorumRequest>): RecordWrite {
    return { remove: { namespace, key, version } }
  }
}
