import Type from 'typebox'
import { type App, enumOf, integers, nullable } from '../http/index.js'
import { exactly, optionalBody } from './schemas.js'

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
  address: Type.Optional(Type.String({ description: 'IP address of the client' })),
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
      preValidation: integers('limit', 'before', 'since', 'until'),
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
          face: Type.Optional(Type.String({ description: 'The door' })),
          request: Type.Optional(Type.String({ description: 'Id of the request' })),
          address: Type.Optional(Type.String({ description: 'IP address of the client' })),
          since: Type.Optional(Type.Integer({ description: 'Milliseconds since 1970: from then on' })),
          until: Type.Optional(Type.Integer({ description: 'Milliseconds since 1970: before then' })),
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

  app.get(
    '/audit/heads',
    {
      schema: {
        tags,
        operationId: 'listAuditHeads',
        summary: 'Where every audit chain ends',
        response: {
          200: Type.Object({ heads: Type.Array(Type.String({ description: 'chain:sequence:hash' })) }),
        },
      },
    },
    async ({ session }) => ({ heads: [...(await session.auditHeads())] }),
  )

  app.get(
    '/audit/export',
    {
      preValidation: integers('from'),
      schema: {
        tags,
        operationId: 'exportAudit',
        summary: 'Records of one chain as lines of JSON that verify away from the store',
        querystring: exactly({ chain: Type.String(), from: Type.Integer({ minimum: 1, default: 1 }) }),
        response: {
          200: Type.Object({
            lines: Type.Array(Type.String()),
            next: nullable('integer', { description: '`from` of the next page; null at the end' }),
          }),
        },
      },
    },
    async ({ session, query }) => {
      const { lines, next } = await session.auditExport(query)
      return { lines: [...lines], next }
    },
  )

  app.post(
    '/audit/verify',
    {
      preValidation: optionalBody,
      schema: {
        tags,
        operationId: 'verifyAudit',
        summary: 'Check every audit chain from its beginning, and the checkpoints',
        body: exactly({
          checkpoints: Type.Optional(
            Type.Array(Type.String(), { description: 'Checkpoints that were kept outside the database' }),
          ),
          publicKeys: Type.Optional(
            Type.Array(Type.String(), { description: 'PEM: one of them must have signed each checkpoint' }),
          ),
        }),
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
    async ({ session, body }) => session.verifyAudit(body),
  )

  app.post(
    '/audit/prune',
    {
      schema: {
        tags,
        operationId: 'pruneAudit',
        summary: 'Remove the records that an exported checkpoint vouches for and that are kept elsewhere',
        body: exactly({
          checkpoint: Type.String({ description: 'A checkpoint that was kept outside the database' }),
          exported: Type.Optional(
            Type.Array(
              exactly({
                chain: Type.String(),
                from: Type.Integer({ description: 'Sequence number of the first record' }),
                through: Type.Integer({ description: 'Of the last record' }),
                hash: Type.String({ description: 'Of the last record, hexadecimal' }),
              }),
              { description: 'What was exported of each chain, where the sinks do not have it' },
            ),
          ),
          retired: Type.Optional(
            Type.Array(Type.String(), { description: 'Sinks that are not used any more' }),
          ),
        }),
        response: {
          200: Type.Object({
            checkpoint: Type.Integer({ description: 'Number of the checkpoint' }),
            chains: Type.Integer({ description: 'Chains of which something was removed' }),
            records: Type.Integer({ description: 'Records that were removed' }),
          }),
        },
      },
    },
    async ({ session, body }) => session.pruneAudit(body),
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
