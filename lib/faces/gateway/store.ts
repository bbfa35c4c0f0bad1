import Type, { type TSchema } from 'typebox'
import {
  type GatewayListInput,
  type GatewayPage,
  type GatewayPolicy,
  type GatewayServices,
  listApis,
  listApplications,
  listGatewayPolicies,
  listKeyMappings,
  listSubscriptions,
  type Session,
} from '../../core/index.js'
import { longestPage, type SystemOperation } from '../../operation/index.js'
import type { App } from '../http/index.js'
import { allScopes } from './scopes.js'
import * as shapes from './shapes.js'

const tags = ['gateway']
const path = '/internal/data/v1'
/** WSO2's number of the tenant that there is before others are made. */
const tenantId = -1234

type Query = Readonly<Record<string, string | undefined>>
type Listing<Entity> = SystemOperation<GatewayServices, GatewayListInput, GatewayPage<Entity>>

/** What gateways load when they start and when they are told of a change, with the filters and names that WSO2's have. */
export function storeRoutes(app: App): void {
  const list = (
    name: string,
    shape: TSchema,
    filters: readonly string[],
    read: (session: Session, query: Query) => Promise<readonly object[]>,
  ) => {
    app.get(
      `${path}/${name}`,
      {
        schema: {
          tags,
          operationId: `internal-${name}`,
          summary: `What gateways load: ${name}`,
          querystring: Type.Partial(
            Type.Object(Object.fromEntries(filters.map((one) => [one, Type.String()]))),
          ),
          response: { 200: Type.Object({ list: Type.Array(shape) }) },
        },
      },
      async ({ session, query }) => {
        const asked = query as Query
        const all = await read(session, asked)
        return { list: [...all] }
      },
    )
  }

  list('apis', shapes.api, ['context', 'version', 'gatewayLabel'], async (session, { context, version }) =>
    (await all(session, listApis)).filter((api) => is(context, api.context) && is(version, api.version)),
  )
  list('applications', shapes.application, ['appId'], (session, { appId }) =>
    all(session, listApplications, by('number', appId)),
  )
  list(
    'application-key-mappings',
    shapes.keyMapping,
    ['consumerKey', 'keymanager'],
    async (session, { consumerKey, keymanager }) =>
      (await all(session, listKeyMappings, by('consumerKey', consumerKey))).filter(({ keyManager }) =>
        is(keymanager, keyManager),
      ),
  )
  list('subscriptions', shapes.subscription, ['apiId', 'appId'], async (session, { apiId, appId }) =>
    (await all(session, listSubscriptions, by('apiNumber', apiId) ?? by('applicationNumber', appId))).filter(
      (one) => is(appId, String(one.appId)),
    ),
  )
  for (const type of ['subscription', 'application', 'api'])
    list(`${type}-policies`, shapes.policy, ['policyName'], async (session, { policyName }) =>
      (await all(session, listGatewayPolicies, by('type', type)))
        .filter(({ name }) => is(policyName, name))
        .map(toldPolicy),
    )
  list('scopes', shapes.scope, [], async (session) =>
    (await allScopes(session)).map(({ bindings, ...scope }) => ({ ...scope, roles: bindings })),
  )
}

function is(asked: string | undefined, value: string): boolean {
  return asked === undefined || asked === value
}

function by(field: string, value: string | undefined): GatewayListInput['where'] {
  return value === undefined ? undefined : { field, value }
}

async function all<Entity>(
  session: Session,
  listing: Listing<Entity>,
  where?: GatewayListInput['where'],
): Promise<Entity[]> {
  const found: Entity[] = []
  for (let after: string | undefined; ; ) {
    const page = await session.run(listing, {
      limit: longestPage,
      ...(after !== undefined && { after }),
      ...(where && { where }),
    })
    found.push(...page.list)
    if (page.next === null) return found
    after = page.next
  }
}

function toldPolicy({ limits, type: _, ...policy }: GatewayPolicy): object {
  return { ...limits, ...policy, tenantId }
}
