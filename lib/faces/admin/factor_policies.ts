import Type from 'typebox'
import { factorMethods } from '../../core/index.js'
import { type App, enumOf } from '../http/index.js'
import { exactly } from './schemas.js'

const tags = ['second factors']
const names = (description: string) => Type.Array(Type.String(), { description })

const fields = {
  principals: names('Ids of principals; names are taken too'),
  groups: names('Ids of groups; names are taken too'),
  roles: names('Names of roles, however somebody has them'),
  methods: Type.Array(enumOf(factorMethods), { description: 'What counts as a second factor' }),
  stepUp: names('Operations that take a factor which was proved lately'),
  minutes: Type.Integer({ minimum: 1, maximum: 1440, description: 'How many minutes ago is lately' }),
  exemptTokens: Type.Boolean({ description: 'Whether API tokens may do these operations all the same' }),
}
const policy = Type.Object({ name: Type.String(), ...fields })
const params = Type.Object({ name: Type.String({ minLength: 1, description: 'Percent-encoded name' }) })

export function factorPolicyRoutes(app: App): void {
  app.get(
    '/factor-policies',
    {
      schema: {
        tags,
        operationId: 'listFactorPolicies',
        summary: 'Who needs a second factor',
        response: { 200: Type.Object({ policies: Type.Array(policy) }) },
      },
    },
    async ({ session }) => ({ policies: await session.factorPolicies() }),
  )

  app.put(
    '/factor-policies/:name',
    {
      schema: {
        tags,
        operationId: 'setFactorPolicy',
        summary: 'Say who needs a second factor, in place of what this policy has said before',
        params,
        body: exactly({
          principals: Type.Optional(fields.principals),
          groups: Type.Optional(fields.groups),
          roles: Type.Optional(fields.roles),
          methods: Type.Optional(fields.methods),
          stepUp: Type.Optional(fields.stepUp),
          minutes: Type.Optional(fields.minutes),
          exemptTokens: Type.Optional(fields.exemptTokens),
        }),
        response: { 200: policy },
      },
    },
    async ({ session, params, body }) => session.setFactorPolicy({ ...body, name: params.name }),
  )

  app.delete(
    '/factor-policies/:name',
    {
      schema: {
        tags,
        operationId: 'deleteFactorPolicy',
        summary: 'Delete a policy',
        params,
        response: { 204: Type.Null() },
      },
    },
    async ({ session, params }, reply) => {
      await session.deleteFactorPolicy(params.name)
      return reply.code(204).send()
    },
  )
}
