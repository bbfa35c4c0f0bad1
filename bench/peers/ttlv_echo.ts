/** The limit of the suite kmip, a program of its own: TLS as the KMIP listener has it, and the same answer to whatever is asked. */
import { readFileSync } from 'node:fs'
import { createServer, type TLSSocket } from 'node:tls'

const [port, certificate = '', key = '', root = '', size] = process.argv.slice(2)
const answer = answerOf(Number(size))
const server = createServer({
  cert: readFileSync(certificate),
  key: readFileSync(key),
  ca: readFileSync(root),
  requestCert: true,
})
server.on('secureConnection', (socket: TLSSocket) => {
  let waiting = 0
  let length = 0
  socket.on('data', (chunk: Buffer) => {
    if (waiting === 0) length = 8 + chunk.readUInt32BE(4)
    waiting += chunk.length
    if (waiting < length) return
    waiting = 0
    socket.write(answer)
  })
  socket.on('error', () => socket.destroy())
})
server.listen(Number(port), '127.0.0.1')

/** Says of itself how long it is, and that all went well, so that whoever measures takes it for an answer. */
function answerOf(size: number): Buffer {
  const answer = Buffer.alloc(size)
  answer.writeUInt32BE(size - 8, 4)
  answer.write('42007f050000000400000000', 8, 'hex')
  return answer
}
