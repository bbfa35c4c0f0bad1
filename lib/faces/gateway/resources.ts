import Type, { type Static } from 'typebox'
import { type Api, getApi, type NewApi, registerApi, removeApi, setApi } from '../../core/index.js'
import type { App } from '../http/index.js'

const path = '/api/km/v1/resources'
const tags = ['gateway']
const text = Type.String()
const optional = Type.Optional(text)

/** The name of one that there is, or one that is made with the API and goes with it. */
const scope = Type.Union([
  Type.String({ description: 'Name of a scope that there is' }),
  Type.Object(
    {
      name: text,
      displayName: optional,
      description: optional,
      bindings: Type.Optional(Type.Array(text)),
    },
    { description: 'Made with the API, and deleted with it' },
  ),
])
const given = Type.Object({
  apiId: optional,
  name: text,
  context: Type.String({ description: '/pizza' }),
  version: text,
  provider: optional,
  tier: optional,
  scopes: Type.Optional(Type.Array(scope)),
  uriTemplates: Type.Optional(
    Type.Array(
      Type.Object({
        uriTemplate: Type.String({ description: '/order/{id}' }),
        httpVerb: text,
        authType: Type.Optional(
          Type.String({ description: 'None, Application, Application User or Any; default Any' }),
        ),
        scopes: Type.Optional(Type.Array(text)),
      }),
    ),
  ),
})
const told = Type.Object({
  apiId: text,
  name: text,
  context: text,
  version: text,
  provider: text,
  tier: text,
  scopes: Type.Array(text),
  uriTemplates: Type.Array(
    Type.Object({ uriTemplate: text, httpVerb: text, authType: text, scopes: Type.Array(text) }),
  ),
})

/** APIs as the interface of key managers calls them: resources. */
export function resourceRoutes(app: App): void {
  app.post(
    path,
    {
      schema: {
        tags,
        operationId: 'registerResource',
        summary: 'Register an API with its templates, verbs and scopes',
        body: given,
        response: { 201: told },
      },
    },
    async ({ session, body }, reply) => {
      const { apiId, ...rest } = body
      const input = { ...inputOf(rest), ...(apiId !== undefined && { uuid: apiId }) }
      return reply.code(201).send(toldOf(await session.run(registerApi, input)))
    },
  )

  const one = `${path}/:apiId`
  const params = Type.Object({ apiId: text })

  app.get(
    one,
    { schema: { tags, operationId: 'resource', summary: 'An API', params, response: { 200: told } } },
    async ({ session, params: { apiId } }) => toldOf(await session.run(getApi, { key: apiId })),
  )

  app.put(
    one,
    {
      schema: {
        tags,
        operationId: 'setResource',
        summary: 'Put an API in the place of the one of this id',
        params,
        body: given,
        response: { 200: told },
      },
    },
    async ({ session, params: { apiId }, body }) =>
      toldOf(await session.run(setApi, { key: apiId, ...inputOf(body) })),
  )

  app.delete(
    one,
    {
      schema: {
        tags,
        operationId: 'removeResource',
        summary: 'Remove an API with its own scopes and what applications have subscribed of it',
        params,
      },
    },
    async ({ session, params: { apiId } }, reply) => {
      await session.run(removeApi, { key: apiId })
      return reply.code(204).send()
    },
  )
}

function inputOf(body: Static<typeof given>): Omit<NewApi, 'uuid'> {
  const { name, context, version, provider, tier, scopes, uriTemplates = [] } = body
  return {
    ...{ name, context, version },
    ...(provider !== undefined && { provider }),
    ...(tier !== undefined && { policy: tier }),
    ...(scopes && { scopes }),
    urlMappings: uriTemplates.map(({ uriTemplate, httpVerb, authType, scopes: needed }) => ({
      ...{ urlPattern: uriTemplate, httpMethod: httpVerb },
      ...(authType !== undefined && { authScheme: authType }),
      ...(needed && { scopes: needed }),
    })),
  }
}

function toldOf({ uuid, policy, scopes, urlMappings, ...api }: Api) {
  return {
    ...api,
    apiId: uuid,
    tier: policy,
    scopes: [...scopes],
    uriTemplates: urlMappings.map(({ urlPattern, httpMethod, authScheme, scopes: needed }) => ({
      ...{ uriTemplate: urlPattern, httpVerb: httpMethod, authType: authScheme },
      scopes: [...needed],
    })),
  }
}
