import Type from 'typebox'
import { jobKinds } from '../../core/index.js'
import { type App, enumOf, integers, nullable } from '../http/index.js'
import { exactly, next, pageFields } from './schemas.js'

export function jobRoutes(app: App): void {
  app.get(
    '/jobs',
    {
      preValidation: integers('limit'),
      schema: {
        tags: ['keys'],
        operationId: 'listJobs',
        summary: 'What is to be done at a date to objects that one may get, the next first',
        querystring: exactly(pageFields),
        response: {
          200: Type.Object({
            items: Type.Array(
              Type.Object({
                kind: enumOf(jobKinds),
                object: Type.String({ description: 'Object id' }),
                name: nullable('string'),
                due: Type.String({ description: 'ISO 8601, UTC' }),
                at: Type.String({ description: 'When it is tried: later than due when it has failed' }),
                setBy: Type.String({ description: 'Principal id of whoever asked for it' }),
                failures: Type.Integer(),
                code: nullable('string', { description: 'Code of the last error' }),
              }),
            ),
            next,
          }),
        },
      },
    },
    async ({ session, query }) => session.jobs(query),
  )
}
