import Type from 'typebox'
import { type App, enumOf, integers, nullable } from '../http/index.js'
import { exactly } from './schemas.js'

const tags = ['audit']
const outcome = enumOf(['success', 'denied', 'failed'])

const record = Type.Object({
  chain: Type.String(),
  sequence: Type.Integer(),
  time: Type.Integer({ description: 'Milliseconds since 1970' }),
  principal: nullable('string', { description: 'Principal id' }),
  principalName: nullable('string'),
  face: Type.String({ description: 'The door: process, admin, system, ...' }),
  request: nullable('string'),
  operation: Type.String(),
  object: nullable('string', { description: 'Object id' }),
  outcome,
  code: nullable('string'),
  detail: Type.Record(Type.String(), Type.Unknown()),
})

export function auditRoutes(app: App): void {
  app.get(
    '/audit',
    {
      preValidation: integers('limit', 'before'),
      schema: {
        tags,
        operationId: 'listAudit',
        summary: 'Records of the audit trail, newest first',
        querystring: exactly({
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
          before: Type.Optional(Type.Integer({ description: '`cursor` of the page before' })),
          operation: Type.Optional(Type.String()),
          object: Type.Optional(Type.String({ description: 'Object id' })),
          principal: Type.Optional(Type.String({ description: 'Principal id' })),
          outcome: Type.Optional(outcome),
        }),
        response: {
          200: Type.Object({
            records: Type.Array(record),
            cursor: nullable('integer', { description: '`before` of the next page; null on the last' }),
          }),
        },
      },
    },
    async ({ session, query }) => session.audit(query),
  )

  app.post(
    '/audit/verify',
    {
      schema: {
        tags,
        operationId: 'verifyAudit',
        summary: 'Check every audit chain from its beginning, and the checkpoints',
        body: Type.Optional(
          exactly({
            checkpoints: Type.Optional(
              Type.Array(Type.String(), { description: 'Checkpoints that were kept outside the database' }),
            ),
            publicKeys: Type.Optional(
              Type.Array(Type.String(), { description: 'PEM: one of them must have signed each checkpoint' }),
            ),
          }),
        ),
        response: {
          200: Type.Object({
            chains: Type.Integer(),
            checkpoints: Type.Integer(),
            records: Type.Integer(),
            problems: Type.Array(
              Type.Object({ chain: Type.String(), sequence: Type.Integer(), problem: Type.String() }),
            ),
          }),
        },
      },
    },
    async ({ session, body }) => session.verifyAudit(body ?? {}),
  )

  app.post(
    '/audit/checkpoint',
    {
      schema: {
        tags,
        operationId: 'makeAuditCheckpoint',
        summary: 'Sign where the audit trail stands now',
        response: {
          200: Type.Object({
            text: Type.String({ description: 'The checkpoint, to be kept outside the database' }),
          }),
        },
      },
    },
    async ({ session }) => session.checkpoint(),
  )
}
