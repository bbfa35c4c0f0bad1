import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { MortiseError } from '../../../errors/index.js'
import { malformed, native, type TtlvFramer, type TtlvMessage, TtlvWriter } from '../../../native/index.js'
import { enumerated, Fields, integer, structure, text } from '../fields.js'
import { framerOf } from '../framer.js'
import { requestMessage } from '../request_message.js'
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
}

/** Asks a KMIP server over mutual TLS, one request at a time. Some servers end connections that are silent for a while: it connects again. */
export class KmipClient {
  readonly #address: KmipServerAddress
  readonly #writer = new TtlvWriter(native)
  #socket: TLSSocket | undefined
  #framer: TtlvFramer = framerOf(largestAnswer)
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
    const request = requestMessage(this.#writer, this.#version, Operation[operation], (writer) =>
      write?.(writer),
    )
    const isFresh = this.#socket === undefined
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
    this.#socket?.destroy()
    this.#socket = undefined
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
    const socket = this.#socket ?? (await this.#connected())
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(() => reject(new Error('it does not answer'))), patience)
      const settle = (end: () => void) => {
        clearTimeout(timer)
        socket.off('data', take).off('error', fail).off('close', ended)
        end()
      }
      const fail = (error: Error) => settle(() => reject(error))
      const ended = () => settle(() => reject(new Ended('it ended the connection without an answer')))
      const take = (chunk: Buffer) => {
        try {
          this.#framer.push(chunk)
          const message = this.#framer.next()
          if (message) settle(() => resolve(message))
        } catch (error) {
          settle(() => reject(error))
        }
      }
      if (socket.destroyed) return ended()
      socket.on('data', take).on('error', fail).on('close', ended)
      socket.write(request)
    })
  }

  async #connected(): Promise<TLSSocket> {
    const { host, port, authorities, certificate, key } = this.#address
    const socket = connect({
      host,
      port,
      ca: authorities,
      cert: certificate,
      key,
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 && { servername: host }),
    })
    try {
      await once(socket, 'secureConnect', { signal: AbortSignal.timeout(patience) })
    } catch (error) {
      socket.destroy()
      throw error
    }
    // What goes wrong between two requests is found out by the next.
    socket.on('error', () => undefined)
    this.#framer = framerOf(largestAnswer)
    this.#socket = socket
    return socket
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

class Ended extends Error {}

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
