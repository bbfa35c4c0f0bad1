/** The peer of ocsp/get, a program of its own: fastify alone, answering so many bytes to the same path. */
import fastify from 'fastify'

const [port, size] = process.argv.slice(2)
const body = Buffer.alloc(Number(size), 0x30)
const app = fastify()
app.get('/ocsp/:authority/*', async (_request, reply) => reply.type('application/ocsp-response').send(body))
await app.listen({ host: '127.0.0.1', port: Number(port) })
