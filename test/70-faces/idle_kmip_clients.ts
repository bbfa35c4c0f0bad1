/** A program of its own: so many connections to a KMIP listener, which say nothing. It writes `open` when all are, and ends with its input. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createSecureContext } from 'node:tls'

const [port, count, root = ''] = process.argv.slice(2)
// Without certificates: whoever says nothing need not be anybody, and it takes half the time.
const secureContext = createSecureContext({ ca: readFileSync(root) })
const options = { host: '127.0.0.1', port: Number(port), secureContext, servername: 'localhost' }
/** Handshakes at once: a listener's queue has an end. */
const lanes = 64

let left = Number(count)
async function lane(): Promise<void> {
  while (left-- > 0) {
    const socket = connect(options)
    socket.on('close', () => process.exit(1))
    await once(socket, 'secureConnect')
  }
}

await Promise.all(Array.from({ length: lanes }, lane))
process.stdout.write('open\n')
process.stdin.on('end', () => process.exit()).resume()
