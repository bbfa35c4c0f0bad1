import Type from 'typebox'
import { type App, integers } from '../http/index.js'
import { exactly, next, pageFields } from './schemas.js'

const tags = ['password policies']
const params = Type.Object({ policy: Type.String({ minLength: 1, description: 'Its name' }) })
const fields = {
  minimumLength: Type.Integer({ description: 'Characters' }),
  maximumLength: Type.Integer({ description: 'Characters' }),
  minimumLowerCase: Type.Integer(),
  minimumUpperCase: Type.Integer(),
  minimumDigits: Type.Integer(),
  minimumOther: Type.Integer(),
  history: Type.Integer({ description: 'So many of the last may not come again' }),
  maximumAgeDays: Type.Integer({ description: 'After which it must be changed; 0 for never' }),
  minimumAgeDays: Type.Integer({ description: 'Before which its user may not change it again' }),
  lockoutThresholds: Type.Array(Type.Integer(), {
    description: 'Minutes that the first, second, ... failure locks for; none for no lock',
  }),
  lockoutWindowMinutes: Type.Integer({
    description: 'After the first failure in which others count with it; 0 for ever',
  }),
}
const schema = Type.Object({ name: Type.String(), ...fields })
const some = Object.fromEntries(
  Object.entries(fields).map(([name, type]) => [name, Type.Optional(type)]),
) as { [Name in keyof typeof fields]: ReturnType<typeof Type.Optional<(typeof fields)[Name]>> }

/** What passwords must be, and when accounts are locked. */
export function passwordPolicyRoutes(app: App): void {
  app.get(
    '/password-policies',
    {
      preValidation: integers('limit'),
      schema: {
        tags,
        operationId: 'listPasswordPolicies',
        summary: 'The policies that there are, everybody’s first',
        querystring: exactly(pageFields),
        response: { 200: Type.Object({ policies: Type.Array(schema), next }) },
      },
    },
    async ({ session, query }) => session.passwordPolicies(query),
  )

  app.post(
    '/password-policies',
    {
      schema: {
        tags,
        operationId: 'createPasswordPolicy',
        summary: 'Make a policy for some accounts',
        body: exactly({ name: Type.String(), ...some }),
        response: { 201: schema },
      },
    },
    async ({ session, body }, reply) => reply.code(201).send(await session.createPasswordPolicy(body)),
  )

  app.get(
    '/password-policies/:policy',
    {
      schema: {
        tags,
        operationId: 'getPasswordPolicy',
        summary: 'One policy',
        params,
        response: { 200: schema },
      },
    },
    async ({ session, params }) => session.getPasswordPolicy(params.policy),
  )

  app.patch(
    '/password-policies/:policy',
    {
      schema: {
        tags,
        operationId: 'setPasswordPolicy',
        summary: 'Change what passwords must be from now on; global is everybody’s',
        params,
        body: exactly(some),
        response: { 200: schema },
      },
    },
    async ({ session, params, body }) => session.setPasswordPolicy(params.policy, body),
  )

  app.delete(
    '/password-policies/:policy',
    {
      schema: {
        tags,
        operationId: 'deletePasswordPolicy',
        summary: 'Delete a policy; accounts that name it have everybody’s',
        params,
        response: { 204: Type.Null() },
      },
    },
    async ({ session, params }, reply) => {
      await session.deletePasswordPolicy(params.policy)
      return reply.code(204).send(null)
    },
  )
}
