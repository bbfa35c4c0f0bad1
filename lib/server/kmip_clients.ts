import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import type { KeyManager } from '../core/index.js'
import { MortiseError } from '../errors/index.js'
import {
  enumerated,
  Fields,
  followerOf,
  type Outgoing,
  OutgoingConnection,
  structure,
  Tag,
  text,
  versions,
} from '../faces/kmip/index.js'
import type { Settings } from './schema.js'

/** Milliseconds without an answer after which a client is given up, to be tried again later. */
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
    const to = { ...tls, host, port, patience, largestAnswer }
    await keyManager.tell(
      followerOf(keyManager, {
        principal,
        version,
        address: `${host}:${port}`,
        send: (messages) => send(to, messages, log),
      }),
    )
  }
}

function tlsOf({
  clientsAuthority,
  clientsCertificate,
  clientsKey,
}: Settings['kmip']): Pick<Outgoing, 'ca' | 'cert' | 'key'> {
  if (clientsAuthority !== undefined && clientsCertificate !== undefined && clientsKey !== undefined)
    return {
      ca: read(clientsAuthority),
      cert: read(clientsCertificate),
      key: read(clientsKey),
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
async function send(to: Outgoing, messages: AsyncIterable<Buffer>, log: Logger): Promise<void> {
  let connection: OutgoingConnection | undefined
  try {
    for await (const message of messages) {
      connection ??= await OutgoingConnection.open(to)
      const refused = refusalIn(new Fields(await connection.exchange(message)))
      if (refused !== undefined) log.warn({ host: to.host, refused }, 'a KMIP client refuses what it is told')
    }
  } finally {
    connection?.close()
  }
}

/** @returns what a client that refuses says; undefined for one that does not */
function refusalIn(answer: Fields): string | undefined {
  const item = answer.optional(Tag.BatchItem, structure)
  const reason = item?.optional(Tag.ResultReason, enumerated)
  return reason === undefined ? undefined : (item?.optional(Tag.ResultMessage, text) ?? String(reason))
}
