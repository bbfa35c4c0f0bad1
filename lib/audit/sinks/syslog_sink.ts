import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, isIPv6, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { MortiseError } from '../../errors/index.js'
import type { FollowedRow } from '../../storage/index.js'
import type { Sink } from './sink.js'
import { syslogMessage } from './syslog_message.js'

/** Ports of RFC 5426, RFC 6587 and RFC 5425. */
const ports = { udp: 514, tcp: 601, tls: 6514 } as const
/** Milliseconds without a sign of life after which a receiver is given up. */
const patience = 10_000

interface Address {
  readonly host: string
  readonly port: number
}

/**
 * A receiver of syslog.
 *
 * @param url `udp://HOST[:PORT]`, `tcp://HOST[:PORT]` or `tls://HOST[:PORT]`; ports 514, 601 and 6514 by default
 * @param authority file with the certificates (PEM) by which the receiver's over TLS must be issued. Default: those that Node trusts
 * @throws MORTISE_CONFIG_INVALID
 */
export function syslogSink(url: string, authority?: string): Sink {
  const { protocol, address } = parse(url)
  const place = `${protocol}://${address.host}:${address.port}`
  if (protocol === 'udp') return new DatagramSink(place, address)
  if (protocol === 'tcp') return new StreamSink(place, () => connect(address))
  const ca = authority === undefined ? undefined : readAuthority(authority)
  return new StreamSink(place, () => connectTls({ ...address, ...(ca && { ca }), minVersion: 'TLSv1.2' }))
}

function parse(url: string): { protocol: keyof typeof ports; address: Address } {
  const [, protocol, bracketed, name, port] =
    /^(udp|tcp|tls):\/\/(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(url) ?? []
  const host = bracketed ?? name
  if (protocol === undefined || host === undefined || Number(port ?? 1) > 65_535) {
    throw new MortiseError(
      'MORTISE_CONFIG_INVALID',
      `a syslog receiver is udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT, not ${url}`,
    )
  }
  const known = protocol.toLowerCase() as keyof typeof ports
  return { protocol: known, address: { host, port: Number(port ?? ports[known]) } }
}

function readAuthority(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    const message = `the certificates ${path} of the syslog receiver cannot be read: ${(cause as Error).message}`
    throw new MortiseError('MORTISE_CONFIG_INVALID', message, { cause })
  }
}

/**
 * Over a stream, with octet counting (RFC 6587 section 3.4.1; RFC 5425 section 4.3). Syslog has no acknowledgement, so that a
 * batch is a connection: we end our side, and the receiver, which ends its own when it has read ours to the end, has said
 * with that that it has all of it.
 */
class StreamSink implements Sink {
  readonly kind = 'syslog'
  readonly place: string
  readonly confirms = true
  readonly #open: () => Socket

  constructor(place: string, open: () => Socket) {
    this.place = place
    this.#open = open
  }

  async deliver(records: readonly FollowedRow[]): Promise<void> {
    const messages = records.map(syslogMessage)
    const batch = Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `), message]))
    const socket = this.#open()
    try {
      await new Promise<void>((resolve, reject) => {
        socket.setTimeout(patience, () => reject(new Error('the receiver does not answer')))
        socket.on('error', reject)
        socket.on('close', () => reject(new Error('the receiver has closed the connection')))
        socket.on('end', () => socket.writableFinished && resolve())
        socket.resume()
        socket.end(batch)
      })
    } finally {
      socket.destroy()
    }
  }
}

/** One datagram for each record (RFC 5426). Nothing says whether it has arrived. */
class DatagramSink implements Sink {
  readonly kind = 'syslog'
  readonly place: string
  readonly confirms = false
  readonly #address: Address

  constructor(place: string, address: Address) {
    this.place = place
    this.#address = address
  }

  async deliver(records: readonly FollowedRow[]): Promise<void> {
    const { host, port } = this.#address
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    let refused: Error | undefined
    socket.on('error', (error) => {
      refused = error
    })
    const send = promisify((message: Buffer, done: (error: Error | null) => void) =>
      socket.send(message, done),
    )
    try {
      socket.connect(port, host)
      await once(socket, 'connect')
      for (const record of records) await send(syslogMessage(record))
      if (refused) throw refused
    } finally {
      socket.close()
    }
  }
}
