import Type, { type Static } from 'typebox'
import type { PasswordPolicy, PolicyFields, Session } from '../../core/index.js'
import { type App, exactly } from '../http/index.js'
import { asked, pageFields, pageIntegers, pageOf } from './page.js'
import { readBody, readQuery } from './reading.js'

const tags = ['ciphertrust users']
const params = Type.Object({
  name: Type.String({ minLength: 1, description: 'global is that of everybody' }),
})
const perPage = 1000

/** What a policy says, by its name here and in the core. */
const names = {
  inclusive_min_total_length: 'minimumLength',
  inclusive_max_total_length: 'maximumLength',
  inclusive_min_lower_case: 'minimumLowerCase',
  inclusive_min_upper_case: 'minimumUpperCase',
  inclusive_min_digits: 'minimumDigits',
  inclusive_min_other: 'minimumOther',
  password_history_threshold: 'history',
  password_lifetime: 'maximumAgeDays',
  password_change_min_days: 'minimumAgeDays',
} as const satisfies Record<string, keyof PolicyFields>
type Name = keyof typeof names
const numbers = Object.keys(names) as Name[]

const number = (description: string) => Type.Integer({ minimum: 0, description })
const fields = {
  inclusive_min_total_length: number('Characters'),
  inclusive_max_total_length: number('Characters'),
  inclusive_min_lower_case: number(''),
  inclusive_min_upper_case: number(''),
  inclusive_min_digits: number(''),
  inclusive_min_other: number('What is no letter and no digit'),
  password_history_threshold: number('So many of the last, the present one among them, may not come again'),
  password_lifetime: number('Days; 0 for ever'),
  password_change_min_days: number('Days before which its user may not change it again'),
  failed_logins_lockout_thresholds: Type.Array(Type.Integer({ minimum: 0 }), {
    description: 'Minutes that the first, second, ... failure locks for; none for no lock',
  }),
}
const policySchema = Type.Object({ policy_name: Type.String(), ...fields })
const changes = Type.Partial(Type.Object(fields), { additionalProperties: false })
type Changes = Static<typeof changes>

export function passwordPolicyRoutes(app: App): void {
  app.get(
    '/usermgmt/pwdpolicies',
    {
      preValidation: readQuery({ integers: pageIntegers }),
      schema: {
        tags,
        operationId: 'ciphertrustListPasswordPolicies',
        summary: 'What passwords must be: that of everybody first',
        querystring: exactly(pageFields),
        response: { 200: pageOf(policySchema) },
      },
    },
    async ({ session, query }) => {
      const page = asked(query)
      const policies = await all(session)
      const resources = policies.slice(page.skip, page.skip + page.limit).map(shown)
      return { ...page, total: policies.length, resources }
    },
  )

  app.post(
    '/usermgmt/pwdpolicies',
    {
      schema: {
        tags,
        operationId: 'ciphertrustCreatePasswordPolicy',
        summary: 'Make a policy, which users are given by its name',
        body: exactly({ policy_name: Type.String(), ...changes.properties }),
        response: { 201: policySchema },
      },
    },
    async ({ session, body: { policy_name: name, ...given } }, reply) =>
      reply.code(201).send(shown(await session.createPasswordPolicy({ name, ...fieldsOf(given) }))),
  )

  app.get(
    '/usermgmt/pwdpolicies/:name',
    {
      schema: {
        tags,
        operationId: 'ciphertrustGetPasswordPolicy',
        summary: 'One of them',
        params,
        response: { 200: policySchema },
      },
    },
    async ({ session, params }) => shown(await session.getPasswordPolicy(params.name)),
  )

  app.patch(
    '/usermgmt/pwdpolicies/:name',
    {
      preValidation: readBody(),
      schema: {
        tags,
        operationId: 'ciphertrustSetPasswordPolicy',
        summary: 'Change what passwords must be from now on',
        params,
        body: changes,
        response: { 200: policySchema },
      },
    },
    async ({ session, params, body }) => shown(await session.setPasswordPolicy(params.name, fieldsOf(body))),
  )

  app.delete(
    '/usermgmt/pwdpolicies/:name',
    {
      preValidation: readBody(),
      schema: {
        tags,
        operationId: 'ciphertrustDeletePasswordPolicy',
        summary: 'Delete a policy; its users have that of everybody then',
        params,
        response: { 204: Type.Null({ description: 'Nothing' }) },
      },
    },
    async ({ session, params }, reply) => {
      await session.deletePasswordPolicy(params.name)
      return reply.code(204).send(null)
    },
  )
}

async function all(session: Session): Promise<readonly PasswordPolicy[]> {
  const found: PasswordPolicy[] = []
  for (let after: string | null | undefined; after !== null; ) {
    const page = await session.passwordPolicies({ limit: perPage, ...(after !== undefined && { after }) })
    found.push(...page.policies)
    after = page.next
  }
  return found
}

function shown(policy: PasswordPolicy): Static<typeof policySchema> {
  const said = Object.fromEntries(numbers.map((name) => [name, policy[names[name]]])) as Record<Name, number>
  return {
    policy_name: policy.name,
    ...said,
    failed_logins_lockout_thresholds: [...policy.lockoutThresholds],
  }
}

function fieldsOf({ failed_logins_lockout_thresholds: thresholds, ...given }: Changes): PolicyFields {
  const said = numbers.flatMap((name) => (given[name] === undefined ? [] : [[names[name], given[name]]]))
  return { ...Object.fromEntries(said), ...(thresholds && { lockoutThresholds: thresholds }) }
}
