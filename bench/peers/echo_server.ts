/** The peer of the suite http, a program of its own: fastify alone, behind the schema of the route that it stands for. */
import fastify from 'fastify'

const bytes = { type: 'string', contentEncoding: 'base64' }
/** As long as a record of 64 bytes. */
const ciphertext = Buffer.alloc(64 + 45).toString('base64')

const app = fastify()
app.post<{ Params: { id: string } }>(
  '/admin/v1/keys/:id/encrypt',
  {
    schema: {
      params: { type: 'object', required: ['id'], properties: { id: { type: 'string', minLength: 1 } } },
      body: {
        type: 'object',
        additionalProperties: false,
        required: ['plaintext'],
        properties: { plaintext: bytes, aad: bytes, format: { type: 'string', enum: ['record', 'gcm'] } },
      },
      response: {
        200: {
          type: 'object',
          required: ['ciphertext', 'keyId', 'keyVersion'],
          properties: { ciphertext: bytes, keyId: { type: 'string' }, keyVersion: { type: 'integer' } },
        },
      },
    },
  },
  async ({ params }) => ({ ciphertext, keyId: params.id, keyVersion: 1 }),
)
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
