import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Logger } from 'pino'
import type { KeyManager } from '../core/index.js'
import { MortiseError } from '../errors/index.js'
import {
  enumerated,
  Fields,
  followerOf,
  framerOf,
  structure,
  Tag,
  text,
  versions,
} from '../faces/kmip/index.js'
import type { Settings } from './schema.js'

/** Milliseconds without a sign of life after which a client is given up, to be tried again later. */
const patience = 10_000
/** Bytes of an answer, which has no payload. */
const largestAnswer = 65_536

/** Tells the KMIP clients that listen of what changes, for as long as the key manager is open. @throws MORTISE_CONFIG_INVALID */
export async function tellKmipClients(
  keyManager: KeyManager,
  { kmip }: Settings,
  log: Logger,
): Promise<void> {
  if (kmip.clients.length === 0) return
  const tls = tlsOf(kmip)
  for (const { principal, host, port, version } of kmip.clients.map(clientOf)) {
    const options = { ...tls, host, port, ...(isIP(host) === 0 && { servername: host }) }
    await keyManager.tell(
      followerOf(keyManager, {
        principal,
        version,
        address: `${host}:${port}`,
        send: (messages) => send(options, messages, log),
      }),
    )
  }
}

function tlsOf({ clientsAuthority, clientsCertificate, clientsKey }: Settings['kmip']): ConnectionOptions {
  if (clientsAuthority !== undefined && clientsCertificate !== undefined && clientsKey !== undefined)
    return {
      ca: read(clientsAuthority),
      cert: read(clientsCertificate),
      key: read(clientsKey),
      minVersion: 'TLSv1.2',
    }
  throw new MortiseError(
    'MORTISE_CONFIG_INVALID',
    'kmip.clients needs kmip.clientsAuthority, kmip.clientsCertificate and kmip.clientsKey',
  )
}

function clientOf(said: string) {
  const [, principal, bracketed, name, port, spoken] =
    /^([^@]+)@(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})(?:\/(\d\.\d))?$/i.exec(said) ?? []
  const host = bracketed ?? name
  const version = versions.find((one) => one === (spoken ?? '2.1'))
  if (principal !== undefined && host !== undefined && Number(port) <= 65_535 && version !== undefined)
    return { principal, host, port: Number(port), version }
  throw new MortiseError(
    'MORTISE_CONFIG_INVALID',
    `a client that listens is PRINCIPAL@HOST:PORT or PRINCIPAL@HOST:PORT/VERSION, not ${said}`,
  )
}

function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    const message = `${path} of kmip.clients cannot be read: ${(cause as Error).message}`
    throw new MortiseError('MORTISE_CONFIG_INVALID', message, { cause })
  }
}

/** One after the other: what a client answers is read, and what it refuses is not sent again. */
async function send(options: ConnectionOptions, messages: AsyncIterable<Buffer>, log: Logger): Promise<void> {
  let client: Connection | undefined
  try {
    for await (const message of messages) {
      client ??= await open(options)
      client.socket.write(message)
      const refused = await answerFrom(client)
      if (refused !== undefined)
        log.warn({ host: options.host, refused }, 'a KMIP client refuses what it is told')
    }
  } finally {
    client?.socket.destroy()
  }
}

interface Connection {
  readonly socket: TLSSocket
  readonly chunks: AsyncIterator<Buffer>
  readonly framer: ReturnType<typeof framerOf>
}

async function open(options: ConnectionOptions): Promise<Connection> {
  const socket = connect(options)
  socket.setTimeout(patience, () => socket.destroy(new Error('it does not answer')))
  // Whoever waits for the next bytes is told.
  socket.on('error', () => undefined)
  try {
    await once(socket, 'secureConnect')
    return { socket, chunks: socket[Symbol.asyncIterator](), framer: framerOf(largestAnswer) }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** @returns what a client that refuses says; undefined for one that does not */
async function answerFrom({ chunks, framer }: Connection): Promise<string | undefined> {
  for (;;) {
    const message = framer.next()
    if (message) {
      const item = new Fields(message).optional(Tag.BatchItem, structure)
      const reason = item?.optional(Tag.ResultReason, enumerated)
      return reason === undefined ? undefined : (item?.optional(Tag.ResultMessage, text) ?? String(reason))
    }
    const { done, value } = await chunks.next()
    if (done) throw new Error('it has closed the connection')
    framer.push(value)
  }
}
