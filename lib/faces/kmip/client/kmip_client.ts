import { MortiseError } from '../../../errors/index.js'
import { malformed, native, type TtlvMessage, TtlvWriter } from '../../../native/index.js'
import { enumerated, Fields, integer, structure, text } from '../fields.js'
import { Ended, OutgoingConnection } from '../outgoing_connection.js'
import { type Login, requestMessage } from '../request_message.js'
import { enumeration, enumerationNames, Tag } from '../tables/index.js'
import { versions } from '../tables/rows.js'
import { type Version, versionOf } from '../version.js'

const Operation = enumeration('Operation')
const ResultStatus = enumeration('ResultStatus')
const reasonNames = enumerationNames('ResultReason')

/** Bytes of an answer. */
const largestAnswer = 16 * 2 ** 20
/** Milliseconds for a connection, and for an answer. */
const patience = 30_000

/** A server, and how to show it who asks: PEM. */
export interface KmipServerAddress {
  readonly host: string
  readonly port: number
  /** Whom the server's certificate must be from. */
  readonly authorities: string | Buffer
  readonly certificate: string | Buffer
  readonly key: string | Buffer
  /** Who asks, where the certificate alone does not say it. */
  readonly login?: Login
}

/** Asks a KMIP server over mutual TLS, one request at a time. Some servers end connections that are silent for a while: it connects again. */
export class KmipClient {
  readonly #address: KmipServerAddress
  readonly #writer = new TtlvWriter(native)
  #connection: OutgoingConnection | undefined
  #version: Version = '1.1'

  private constructor(address: KmipServerAddress) {
    this.#address = address
  }

  /**
   * Connects, and agrees on the newest version that both speak. Who does not know Discover Versions speaks 1.0.
   *
   * @throws MORTISE_SERVER_UNREACHABLE with the check of TLS that failed, MORTISE_KMIP_REFUSED where there is no common version
   */
  static async open(address: KmipServerAddress): Promise<KmipClient> {
    const client = new KmipClient(address)
    try {
      client.#version = await client.#negotiated()
      return client
    } catch (error) {
      client.close()
      throw error
    }
  }

  get version(): Version {
    return this.#version
  }

  /**
   * Has the server do something that changes nothing: it may be asked twice.
   *
   * @param write the content of the Request Payload
   * @returns the Response Payload
   * @throws MORTISE_KMIP_REFUSED, MORTISE_SERVER_UNREACHABLE, MORTISE_KMIP_MALFORMED
   */
  async ask(operation: keyof typeof Operation, write?: (writer: TtlvWriter) => void): Promise<Fields> {
    const request = requestMessage(
      this.#writer,
      this.#version,
      Operation[operation],
      (writer) => write?.(writer),
      this.#address.login,
    )
    const isFresh = this.#connection === undefined
    let answer: TtlvMessage
    try {
      answer = await this.#exchange(request)
    } catch (error) {
      this.close()
      if (isFresh || !(error instanceof Ended)) throw this.#unreachable(error)
      answer = await this.#exchange(request).catch((again: unknown) => {
        throw this.#unreachable(again)
      })
    }
    return payloadOf(answer, operation)
  }

  close(): void {
    this.#connection?.close()
    this.#connection = undefined
  }

  async #negotiated(): Promise<Version> {
    let offered: Fields[]
    try {
      offered = (await this.ask('DiscoverVersions')).all(Tag.ProtocolVersion, structure)
    } catch (error) {
      if (error instanceof MortiseError && error.code === 'MORTISE_KMIP_REFUSED') return '1.0'
      throw error
    }
    const theirs = offered.map((one) =>
      versionOf(
        one.required(Tag.ProtocolVersionMajor, integer),
        one.required(Tag.ProtocolVersionMinor, integer),
      ),
    )
    const common = [...versions].reverse().find((version) => theirs.includes(version))
    if (common) return common
    throw new MortiseError('MORTISE_KMIP_REFUSED', `the server speaks none of KMIP ${versions.join(', ')}`)
  }

  async #exchange(request: Buffer): Promise<TtlvMessage> {
    const { host, port, authorities: ca, certificate: cert, key } = this.#address
    this.#connection ??= await OutgoingConnection.open({ host, port, ca, cert, key, patience, largestAnswer })
    return this.#connection.exchange(request)
  }

  #unreachable(cause: unknown): unknown {
    if (cause instanceof MortiseError) return cause
    const { host, port } = this.#address
    return new MortiseError(
      'MORTISE_SERVER_UNREACHABLE',
      `the KMIP server at ${host} port ${port} cannot be asked: ${(cause as Error).message}`,
      { cause },
    )
  }
}

/** @throws MORTISE_KMIP_REFUSED with the server's reason */
function payloadOf(message: TtlvMessage, operation: string): Fields {
  const [item] = new Fields(message).all(Tag.BatchItem, structure)
  if (!item) throw malformed('the answer has no item')
  if (item.required(Tag.ResultStatus, enumerated) === ResultStatus.Success)
    return item.optional(Tag.ResponsePayload, structure) ?? item
  const reason = reasonNames.name(item.optional(Tag.ResultReason, enumerated) ?? 0) ?? 'no reason'
  const said = item.optional(Tag.ResultMessage, text) ?? ''
  throw new MortiseError('MORTISE_KMIP_REFUSED', `the server refuses ${operation}: ${reason}: ${said}`, {
    details: { operation, reason },
  })
}
