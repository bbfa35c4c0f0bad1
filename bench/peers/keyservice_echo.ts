/** The peer of keyservice/get, a program of its own: fastify alone, answering so many bytes. */
import fastify from 'fastify'

const [port, size] = process.argv.slice(2)
const body = Buffer.alloc(Number(size), 0x30)
const app = fastify()
app.get('/key', async (_request, reply) => reply.type('application/octet-stream').send(body))
await app.listen({ host: '127.0.0.1', port: Number(port) })
