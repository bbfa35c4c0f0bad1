import swagger from '@fastify/swagger'
import Type from 'typebox'
import { type App, problemSchema } from '../faces/http/index.js'
import { packageVersion } from './version.js'

/** Documents every route that is registered after it, and serves the document. No token needed. */
export async function documentRoutes(app: App): Promise<void> {
  app.addSchema(problemSchema)
  app.addHook('onRoute', ({ schema }) => {
    if (!schema) return
    schema.response = {
      ...(schema.response as object),
      default: {
        description: 'A problem',
        content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
      },
    }
  })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Mortise',
        version: packageVersion,
        description: 'A key manager: keys made, kept, governed and used, and everything on record.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API token, or one of /login' },
        },
      },
      security: [{ bearer: [] }],
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) => String(json['$id'] ?? `schema-${index}`),
    },
  })
  app.get(
    '/openapi.json',
    {
      schema: {
        tags: ['server'],
        operationId: 'getOpenapi',
        summary: 'This document: OpenAPI 3.1',
        security: [],
        response: { 200: Type.Object({}, { additionalProperties: true }) },
      },
    },
    async () => app.swagger(),
  )
}
