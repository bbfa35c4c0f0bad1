import Type from 'typebox'
import {
  deleteOAuthScope,
  getOAuthScope,
  listOAuthScopes,
  type OAuthScope,
  registerOAuthScope,
  type Session,
  setOAuthScope,
} from '../../core/index.js'
import { longestPage } from '../../operation/index.js'
import type { App } from '../http/index.js'

const path = '/api/identity/oauth2/v1.0/scopes'
const tags = ['gateway']

const changes = {
  displayName: Type.Optional(Type.String()),
  description: Type.Optional(Type.String()),
  bindings: Type.Optional(Type.Array(Type.String({ description: 'Name of a role or group' }))),
}
const scope = Type.Object({
  name: Type.String(),
  displayName: Type.String(),
  description: Type.String(),
  bindings: Type.Array(Type.String()),
})

/** Scopes, with the status codes that WSO2's client waits for: 201 and 200 exactly, and of HEAD nothing but 200 and 404. */
export function scopeRoutes(app: App): void {
  app.post(
    path,
    {
      schema: {
        tags,
        operationId: 'registerScope',
        summary: 'Register a scope, for everybody or for who has one of some roles',
        body: Type.Object({ name: Type.String(), ...changes }),
        response: { 201: scope },
      },
    },
    async ({ session, body }, reply) =>
      reply.code(201).send(toldOf(await session.run(registerOAuthScope, body))),
  )

  app.get(
    path,
    {
      schema: { tags, operationId: 'scopes', summary: 'Every scope', response: { 200: Type.Array(scope) } },
    },
    async ({ session }) => (await allScopes(session)).map(toldOf),
  )

  const one = `${path}/name/:name`
  const params = Type.Object({ name: Type.String() })

  app.get(
    one,
    { schema: { tags, operationId: 'scope', summary: 'One scope', params, response: { 200: scope } } },
    async ({ session, params: { name } }) => toldOf(await session.run(getOAuthScope, { scope: name })),
  )

  app.head(
    one,
    { schema: { tags, operationId: 'scopeExists', summary: 'Whether there is a scope', params } },
    async ({ session, params: { name } }, reply) => {
      if (name !== 'default') await session.run(getOAuthScope, { scope: name })
      return reply.send()
    },
  )

  app.put(
    one,
    {
      schema: {
        tags,
        operationId: 'setScope',
        summary: 'Change a scope',
        params,
        body: Type.Object(changes),
        response: { 200: scope },
      },
    },
    async ({ session, params, body: { displayName, description, bindings } }) =>
      toldOf(
        await session.run(setOAuthScope, {
          scope: params.name,
          ...(displayName !== undefined && { displayName }),
          ...(description !== undefined && { description }),
          ...(bindings && { bindings }),
        }),
      ),
  )

  app.delete(
    one,
    { schema: { tags, operationId: 'deleteScope', summary: 'Delete a scope', params } },
    async ({ session, params: { name } }, reply) => {
      await session.run(deleteOAuthScope, { scope: name })
      return reply.code(200).send()
    },
  )
}

/** Every scope, read in pages. */
export async function allScopes(session: Session): Promise<OAuthScope[]> {
  const scopes: OAuthScope[] = []
  for (let after: string | undefined; ; ) {
    const page = await session.run(listOAuthScopes, { limit: longestPage, ...(after && { after }) })
    scopes.push(...page.scopes)
    if (page.next === null) return scopes
    after = page.next
  }
}

function toldOf({ name, displayName, description, bindings }: OAuthScope) {
  return { name, displayName, description, bindings: [...bindings] }
}
