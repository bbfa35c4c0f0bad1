import Type, { type TObject } from 'typebox'
import {
  addApplication,
  addGatewayPolicy,
  addKeyMapping,
  addSubscription,
  type GatewayOperation,
  getApi,
  getApplication,
  getGatewayPolicy,
  getKeyMapping,
  getSubscription,
  registerApi,
  removeApi,
  removeApplication,
  removeGatewayPolicy,
  removeKeyMapping,
  removeSubscription,
  setApi,
  setApplication,
  setGatewayPolicy,
  setKeyMapping,
  setSubscription,
} from '../../core/index.js'
import type { App } from '../http/index.js'
import * as shapes from './shapes.js'

const tags = ['gateway']

/** One kind of what gateways are told of. Bodies are of its shape, of which little must be given. */
interface Kind {
  /** `applications` */
  readonly path: string
  /** `Application`: in the ids of operations. */
  readonly name: string
  /** What must be given. */
  readonly required: readonly string[]
  readonly shape: TObject
  readonly add: GatewayOperation
  readonly get: GatewayOperation
  readonly set: GatewayOperation
  readonly remove: GatewayOperation
}

const kinds: readonly Kind[] = [
  {
    path: 'apis',
    name: 'Api',
    required: ['name', 'version', 'context'],
    shape: shapes.writtenApi,
    ...{ add: registerApi, get: getApi, set: setApi, remove: removeApi },
  },
  {
    path: 'applications',
    name: 'Application',
    required: ['name', 'subName'],
    shape: shapes.application,
    ...{ add: addApplication, get: getApplication, set: setApplication, remove: removeApplication },
  },
  {
    path: 'application-key-mappings',
    name: 'KeyMapping',
    required: ['consumerKey', 'applicationUUID'],
    shape: shapes.keyMapping,
    ...{ add: addKeyMapping, get: getKeyMapping, set: setKeyMapping, remove: removeKeyMapping },
  },
  {
    path: 'subscriptions',
    name: 'Subscription',
    required: ['apiUUId', 'appUUID'],
    shape: shapes.subscription,
    ...{ add: addSubscription, get: getSubscription, set: setSubscription, remove: removeSubscription },
  },
  {
    path: 'policies',
    name: 'Policy',
    required: ['type', 'name'],
    shape: shapes.writtenPolicy,
    ...{ add: addGatewayPolicy, get: getGatewayPolicy, set: setGatewayPolicy, remove: removeGatewayPolicy },
  },
]

/** How what gateways are told of is written: at /api/km/v1, in the shapes in which they read it. */
export function collectionRoutes(app: App): void {
  for (const kind of kinds) {
    const { name, required, shape } = kind
    const path = `/api/km/v1/${kind.path}`
    const one = `${path}/:key`
    const params = Type.Object({ key: Type.String() })
    const given = { ...Type.Partial(shape), required: [...required] }
    const changed = Type.Partial(shape)

    app.post(
      path,
      {
        schema: {
          tags,
          operationId: `add${name}`,
          summary: 'Tell gateways of one more',
          body: given,
          response: { 201: shape },
        },
      },
      async ({ session, body }, reply) => reply.code(201).send(await session.run(kind.add, body as never)),
    )

    app.get(
      one,
      {
        schema: { tags, operationId: `get${name}`, summary: 'One of them', params, response: { 200: shape } },
      },
      async ({ session, params }) => session.run(kind.get, params as never),
    )

    app.put(
      one,
      {
        schema: {
          tags,
          operationId: `set${name}`,
          summary: 'Put another in its place',
          params,
          body: name === 'Subscription' || name === 'KeyMapping' ? changed : given,
          response: { 200: shape },
        },
      },
      async ({ session, params, body }) => session.run(kind.set, { ...body, ...params } as never),
    )

    app.delete(
      one,
      { schema: { tags, operationId: `remove${name}`, summary: 'Tell gateways of it no more', params } },
      async ({ session, params }, reply) => {
        await session.run(kind.remove, params as never)
        return reply.code(204).send()
      },
    )
  }
}
