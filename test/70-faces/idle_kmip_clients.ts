/** A program of its own: so many connections to a KMIP listener, which say nothing. It writes `open` when all are, and ends with its input. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'

const [port, count, root = '', certificate = '', key = ''] = process.argv.slice(2)
const options = {
  host: '127.0.0.1',
  port: Number(port),
  ca: readFileSync(root),
  cert: readFileSync(certificate),
  key: readFileSync(key),
  servername: 'localhost',
}
/** Handshakes at once: a listener's queue has an end. */
const lanes = 64

let left = Number(count)
async function lane(session?: Buffer): Promise<void> {
  while (left-- > 0) {
    const socket = connect({ ...options, ...(session && { session }) })
    socket.on('close', () => process.exit(1))
    await once(socket, 'secureConnect')
  }
}

const first = connect(options)
const [session] = (await once(first, 'session')) as [Buffer]
await Promise.all(Array.from({ length: lanes }, () => lane(session)))
process.stdout.write('open\n')
process.stdin.on('end', () => process.exit()).resume()
