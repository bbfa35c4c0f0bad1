import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { LdapSettings } from '../connection_settings.js'
import { DirectoryFault, late } from './fault.js'
import { Messages, resultOf } from './messages.js'

/** An extended request of the name 1.3.6.1.4.1.1466.20037, as the first message of a connection. */
const startTls = Buffer.from('301d02010177188016312e332e362e312e342e312e313436362e3230303337', 'hex')
const extendedResponse = 0x78

/**
 * A connection to the directory on which passwords may be said.
 *
 * @param deadline when it is given up, and closed if it is open
 * @throws DirectoryFault
 */
export async function openChannel(settings: LdapSettings, deadline: AbortSignal): Promise<Socket> {
  const { protocol, hostname, port } = new URL(settings.url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const isTls = protocol === 'ldaps:'
  const socket = connectTcp({ host, port: Number(port) || (isTls ? 636 : 389), signal: deadline })
  // What goes wrong later is told to whoever waits for an answer.
  socket.on('error', () => undefined)
  await step('connect', socket, once(socket, 'connect', { signal: deadline }))
  if (!isTls && !settings.startTls) return socket
  if (!isTls) await step('tls', socket, requestTls(socket, deadline))
  const channel = connectTls({
    socket,
    host,
    minVersion: 'TLSv1.2',
    ...(isIP(host) === 0 && { servername: host }),
    ...(settings.authorities !== null && { ca: settings.authorities }),
  })
  channel.on('error', () => undefined)
  await step('tls', socket, once(channel, 'secureConnect', { signal: deadline }))
  return channel
}

/**
 * RFC 4511 section 4.14. The answer is read to its last byte and nothing may follow it, so that whoever is between cannot put
 * the beginning of an answer before what comes by TLS. That is why it is not left to the library.
 */
async function requestTls(socket: Socket, deadline: AbortSignal): Promise<void> {
  socket.write(startTls)
  const messages = new Messages()
  for (;;) {
    const [chunk] = (await once(socket, 'data', { signal: deadline })) as [Buffer]
    const [answer, ...more] = messages.take(chunk)
    if (!answer) continue
    socket.pause()
    if (more.length > 0 || !messages.isEmpty) throw new Error('something was said between the answer and TLS')
    const { id, operation, result } = resultOf(answer)
    if (id !== 1 || operation !== extendedResponse) throw new Error('the answer is not to StartTLS')
    if (result !== 0) throw new Error(`the directory refuses StartTLS (result ${result})`)
    return
  }
}

async function step(name: 'connect' | 'tls', socket: Socket, work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (cause) {
    socket.destroy()
    const { name: kind, message } = cause as Error
    throw kind === 'AbortError' ? late(name, cause) : new DirectoryFault(name, message, { cause })
  }
}
