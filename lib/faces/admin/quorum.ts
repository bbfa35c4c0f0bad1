import Type from 'typebox'
import { type QuorumAsked, quorumActs } from '../../core/index.js'
import { type App, enumOf, integers, nullable } from '../http/index.js'
import { scopeOrAll } from './roles.js'
import { exactly, next, pageFields } from './schemas.js'

const tags = ['quorum']
const params = Type.Object({ request: Type.String({ minLength: 1, description: 'Id of the request' }) })
const name = { act: enumOf(quorumActs), scope: Type.Optional(scopeOrAll) }

const policy = {
  act: enumOf(quorumActs),
  scope: scopeOrAll,
  approvals: Type.Integer({ description: 'How many must approve, besides whoever acts' }),
  group: Type.String({ description: 'Id of the group whose members may approve' }),
  lifetime: Type.Integer({ description: 'Seconds after which a request is gone, with its approvals' }),
}

const milliseconds = (what: string) => Type.Integer({ description: `Milliseconds since 1970: ${what}` })
const request = {
  id: Type.String(),
  principal: Type.String({ description: 'Principal id of whoever asks' }),
  operation: Type.String({ description: 'As the audit trail names it' }),
  objects: Type.Array(
    Type.Object({ id: Type.String(), name: nullable('string'), keyVersion: Type.Integer() }),
    { description: 'What it is done to, its own object first' },
  ),
  input: Type.Unsafe<QuorumAsked['input']>({
    type: 'object',
    additionalProperties: true,
    description: 'What else is approved; bytes as their SHA-256, a secret as the word that it was given',
  }),
  policies: Type.Array(Type.String({ description: 'Act and scope' })),
  created: milliseconds('when it was asked'),
  expires: milliseconds('when it is gone'),
  approvals: Type.Array(Type.Object({ principal: Type.String(), time: milliseconds('when it approved') })),
}

/** What others must approve, what waits for it, and their word. */
export function quorumRoutes(app: App): void {
  app.get(
    '/quorum/policies',
    {
      schema: {
        tags,
        operationId: 'listQuorumPolicies',
        summary: 'Which acts others must approve: none by default',
        response: {
          200: Type.Object({
            policies: Type.Array(Type.Object({ ...policy, groupName: nullable('string') })),
          }),
        },
      },
    },
    async ({ session }) => ({ policies: [...(await session.quorumPolicies())] }),
  )

  app.post(
    '/quorum/policies',
    {
      schema: {
        tags,
        operationId: 'setQuorumPolicy',
        summary: 'Ask for approvals of an act, or change how; a change needs those that the policy asks for',
        body: exactly({
          ...name,
          approvals: Type.Optional(Type.Integer({ minimum: 1, maximum: 20, default: 2 })),
          group: Type.String({ description: 'Id or name' }),
          lifetime: Type.Optional(Type.Integer({ minimum: 60, maximum: 2_592_000, default: 86_400 })),
        }),
        response: { 200: Type.Object(policy) },
      },
    },
    async ({ session, body }) => session.setQuorumPolicy(body),
  )

  app.post(
    '/quorum/policies/remove',
    {
      schema: {
        tags,
        operationId: 'removeQuorumPolicy',
        summary: 'Ask for no approvals any more; needs those that the policy asks for',
        body: exactly(name),
        response: { 200: Type.Object(policy) },
      },
    },
    async ({ session, body }) => session.removeQuorumPolicy(body),
  )

  app.get(
    '/quorum/requests',
    {
      preValidation: integers('limit'),
      schema: {
        tags,
        operationId: 'listQuorumRequests',
        summary: 'What waits for approvals: one’s own and what one may approve, or all with AuditRead',
        querystring: exactly(pageFields),
        response: {
          200: Type.Object({
            requests: Type.Array(
              Type.Object({
                ...request,
                principalName: nullable('string'),
                standing: Type.Array(
                  Type.Object({
                    policy: Type.String({ description: 'Act and scope' }),
                    group: Type.String(),
                    groupName: nullable('string'),
                    needed: Type.Integer(),
                    given: Type.Integer({ description: 'Approvals that count now' }),
                  }),
                ),
              }),
            ),
            next,
          }),
        },
      },
    },
    async ({ session, query }) => session.quorumRequests(query),
  )

  app.post(
    '/quorum/requests/:request/approve',
    {
      schema: {
        tags,
        operationId: 'approveQuorumRequest',
        summary: 'Approve what somebody else wants to do; it does it by asking again',
        params,
        response: { 200: Type.Object(request) },
      },
    },
    async ({ session, params }) => session.approve(params.request),
  )

  app.post(
    '/quorum/requests/:request/reject',
    {
      schema: {
        tags,
        operationId: 'rejectQuorumRequest',
        summary: 'End a request of one’s own, or one that one might approve',
        params,
        response: { 200: Type.Object(request) },
      },
    },
    async ({ session, params }) => session.reject(params.request),
  )
}
