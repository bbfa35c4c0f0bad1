import type { Door, KeyManager, Session } from '../../../core/index.js'
import { isMortiseError, MortiseError } from '../../../errors/index.js'
import { native, type TtlvMessage, TtlvWriter } from '../../../native/index.js'
import { enumerated, Fields, structure } from '../fields.js'
import { type Issuing, ownerOf } from '../operations/index.js'
import { enumeration, Tag } from '../tables/index.js'
import { isTwo, partsOf, type Version } from '../version.js'
import { AsynchronousRequests } from './asynchronous.js'
import { type BatchOptions, type Echoed, echoedOf, type Result, ResultStatus, runBatch } from './batch.js'
import type { Credential } from './credential.js'
import { type Header, headerOf, versionIn } from './header.js'
import { type Failure, failureOf, Refusal, refuse } from './refusal.js'
import { Streams } from './streams.js'

/** How whoever sends a message gets in. */
export interface Entrance {
  readonly door: Door
  /** For development: everybody is `admin`. */
  readonly open?: boolean
  /** Of an HTTP request. */
  readonly token?: string | undefined
}

export interface EngineOptions {
  /** Called with an error that is the server's fault, for the log. */
  readonly onUnexpected: (error: unknown) => void
  /** What certifies where a request does not say it: an authority, by default the only one, and a profile. */
  readonly issuing: Issuing
  /** Called before a proof is looked at and with each that was none. Throws for an address that has failed too often. */
  readonly logins?: { mayTry(address: string | undefined): void; failed(address: string | undefined): void }
  /** Called with each message of whoever has proved to be somebody. Throws for one that asks too often. */
  readonly admitted?: ((principal: string) => void) | undefined
}

const Operation = enumeration('Operation')
/** What is never answered later. */
const atOnce: readonly number[] = [
  Operation.Poll,
  Operation.Cancel,
  Operation.Process,
  Operation.QueryAsynchronousRequests,
]

/** The version that is answered to those that nobody can read the version of. */
const latest: Version = '2.1'

/**
 * Answers messages: reads the header, finds out who asks, runs the batch and writes the answer. One for a process: beside
 * what the core keeps, data that comes in parts and requests that are answered later are all that is remembered between two messages.
 */
export class Engine {
  readonly #keyManager: KeyManager
  readonly #options: EngineOptions
  readonly #writer = new TtlvWriter(native)
  readonly #streams = new Streams()
  readonly #asynchronous = new AsynchronousRequests()

  constructor(keyManager: KeyManager, options: EngineOptions) {
    this.#keyManager = keyManager
    this.#options = options
  }

  /** Never throws for what a client has sent: an answer says what was wrong. */
  async answer(message: TtlvMessage, entrance: Entrance): Promise<Buffer> {
    let version = latest
    let header: Header | undefined
    let asked: Echoed = {}
    try {
      if (message.tag(message.root) !== Tag.RequestMessage)
        throw refuse('InvalidMessage', 'the message is no Request Message')
      const request = new Fields(message)
      const fields = request.required(Tag.RequestHeader, structure)
      version = versionIn(fields)
      header = headerOf(fields, version)
      const items = request.all(Tag.BatchItem, structure)
      if (header.batchCount !== items.length)
        throw refuse(
          'InvalidMessage',
          `the Batch Count says ${header.batchCount}, and there are ${items.length} items`,
        )
      asked = items.length === 1 ? echoedOf(items[0] as Fields) : {}
      const session = await this.#admit(header, entrance)
      const { onError } = header
      const options = {
        ...{ session, version, onError, streams: this.#streams, asynchronous: this.#asynchronous },
        issuing: this.#options.issuing,
        failed: (error: unknown) => this.#log(error),
      }
      const results = isForLater(header, items)
        ? this.#later(message, options)
        : await runBatch(items, options)
      return this.#limited(results, version, header, entrance)
    } catch (error) {
      this.#log(error)
      return this.#write([{ ...failed(failureOf(error, version)), ...asked }], version, header, entrance)
    }
  }

  /** For what is no message at all. */
  refusal(error: unknown, entrance: Entrance): Buffer {
    this.#log(error)
    return this.#write([failed(failureOf(error, latest))], latest, undefined, entrance)
  }

  /** Has the items of a message done later. @throws ServerLimitExceeded */
  #later(message: TtlvMessage, options: BatchOptions): Result[] {
    const items = new Fields(this.#asynchronous.keep(message)).all(Tag.BatchItem, structure)
    const { version } = options
    const operations = items.map((item) => item.required(Tag.Operation, enumerated))
    const correlations = this.#asynchronous.submit(ownerOf(options), version, operations, (isCanceled) =>
      runBatch(items, { ...options, isCanceled }),
    )
    return correlations.map((correlation, i) => ({
      ...echoedOf(items[i] as Fields),
      ...{ status: ResultStatus.OperationPending, correlation },
    }))
  }

  async #admit(header: Header, entrance: Entrance): Promise<Session> {
    const { logins, admitted } = this.#options
    const { address } = entrance.door
    logins?.mayTry(address)
    try {
      const session = await this.#enter(header, entrance)
      admitted?.(session.principal.id)
      return session
    } catch (error) {
      if (!isMortiseError(error, 'MORTISE_AUTH_REQUIRED')) throw error
      logins?.failed(address)
      throw header.credential?.kind === 'ticket'
        ? refuse('InvalidTicket', 'the ticket is none, or not any more: log in again')
        : error
    }
  }

  /** What is in the header decides who it is; then a token; and only then a certificate, so that it never adds a right. */
  #enter({ credential }: Header, { door, open, token }: Entrance): Session | Promise<Session> {
    if (open) return this.#keyManager.admit('admin', door)
    if (credential) return this.#prove(credential, door)
    if (token !== undefined)
      return this.#keyManager.recognise(token, door) ?? this.#keyManager.authenticate({ token }, door)
    if (door.chain) return this.#keyManager.recogniseClient(door.chain, door)
    throw new MortiseError('MORTISE_AUTH_REQUIRED')
  }

  #prove(credential: Credential, door: Door): Promise<Session> {
    switch (credential.kind) {
      case 'password': {
        const { name, password } = credential
        return this.#keyManager.authenticate({ name, password }, door)
      }
      case 'code':
        return this.#proveBoth(credential, door)
      case 'ticket':
        return this.#showTicket(credential, door)
    }
  }

  /** A password and then the code that is asked for: where none is asked for, the code proves nothing. */
  async #proveBoth({ name, password, code }: Credential & { kind: 'code' }, door: Door): Promise<Session> {
    try {
      await this.#keyManager.authenticate({ name, password }, door)
    } catch (error) {
      if (!isMortiseError(error, 'MORTISE_AUTH_FACTOR_REQUIRED')) throw error
      const challenge = String(error.details['challenge'])
      return this.#keyManager.authenticate({ challenge, totp: code }, door)
    }
    throw new MortiseError('MORTISE_AUTH_REQUIRED')
  }

  /** Each message is one of those that it is good for. @throws InvalidTicket, MORTISE_AUTH_TICKET_SPENT */
  async #showTicket({ ticket }: Credential & { kind: 'ticket' }, door: Door): Promise<Session> {
    const session = await this.#keyManager.authenticate({ ticket }, door)
    if (session.ticket?.requests !== undefined) await session.spendTicket({ requests: 1 })
    return session
  }

  /** KMIP 2.1 section 9.12: an answer that is larger than the client takes is none. */
  #limited(results: readonly Result[], version: Version, header: Header, entrance: Entrance): Buffer {
    const answer = this.#write(results, version, header, entrance)
    if (answer.length <= header.maximumResponseSize) return answer
    answer.fill(0)
    const failure = failureOf(
      refuse(
        'ResponseTooLarge',
        `the answer has ${answer.length} bytes, and ${header.maximumResponseSize} are allowed`,
      ),
      version,
    )
    const [first] = results
    return this.#write(
      [{ ...failed(failure), operation: first?.operation, itemId: first?.itemId }],
      version,
      header,
      entrance,
    )
  }

  #write(
    results: readonly Result[],
    version: Version,
    header: Header | undefined,
    { door }: Entrance,
  ): Buffer {
    const [major, minor] = partsOf(version)
    try {
      return this.#writer.message((writer) => {
        writer.begin(Tag.ResponseMessage)
        writer.begin(Tag.ResponseHeader)
        writer.begin(Tag.ProtocolVersion)
        writer.integer(Tag.ProtocolVersionMajor, major)
        writer.integer(Tag.ProtocolVersionMinor, minor)
        writer.end()
        writer.dateTime(Tag.TimeStamp, Math.floor(Date.now() / 1000))
        // Who sends none may not know what they are: PyKMIP does not read them.
        if (header?.clientCorrelation !== undefined) {
          writer.text(Tag.ClientCorrelationValue, header.clientCorrelation)
          writer.text(Tag.ServerCorrelationValue, door.request)
        }
        writer.integer(Tag.BatchCount, results.length)
        writer.end()
        for (const result of results) writeItem(writer, result)
        writer.end()
      })
    } finally {
      for (const { answer } of results) answer?.secret?.fill(0)
    }
  }

  #log(error: unknown): void {
    if (error instanceof Refusal || (isMortiseError(error) && error.status < 500)) return
    this.#options.onUnexpected(error)
  }
}

/** Whether the items are to be answered later. @throws FeatureNotSupported where one of them never is */
function isForLater({ asynchronous, version }: Header, items: readonly Fields[]): boolean {
  if (!asynchronous) return false
  const isAtOnce = items.some((item) => atOnce.includes(item.required(Tag.Operation, enumerated)))
  if (isAtOnce && isTwo(version))
    throw refuse('FeatureNotSupported', 'what asks for requests that are answered later is answered at once')
  return !isAtOnce
}

function failed(failure: Failure): Result {
  return { status: ResultStatus.OperationFailed, failure }
}

function writeItem(
  writer: TtlvWriter,
  { operation, itemId, status, answer, failure, correlation }: Result,
): void {
  writer.begin(Tag.BatchItem)
  if (operation !== undefined) writer.enumeration(Tag.Operation, operation)
  if (itemId !== undefined) writer.byteString(Tag.UniqueBatchItemID, itemId)
  writer.enumeration(Tag.ResultStatus, status)
  if (failure) {
    writer.enumeration(Tag.ResultReason, failure.reason)
    writer.text(Tag.ResultMessage, failure.message)
  } else if (correlation) {
    writer.byteString(Tag.AsynchronousCorrelationValue, correlation)
  } else {
    writer.begin(Tag.ResponsePayload)
    answer?.write?.(writer)
    writer.end()
  }
  writer.end()
}
