import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Collection } from './collection.js'
import type { Api, Application, GatewayPolicy, KeyMapping, Subscription } from './entities.js'

/** Key: `last`. */
const numbers = 'gateway-number'
const last = 'last'

/** All that gateways are told of. */
export class GatewayDirectory {
  readonly #barrier: Barrier
  readonly #numbers: RecordReader<{ readonly last: number }>
  readonly apis: Collection<Api>
  readonly applications: Collection<Application>
  readonly keyMappings: Collection<KeyMapping>
  readonly subscriptions: Collection<Subscription>
  readonly policies: Collection<GatewayPolicy>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#numbers = new RecordReader(store, barrier, numbers)
    this.apis = new Collection(store, barrier, {
      name: 'api',
      keyOf: ({ uuid }) => uuid,
      nameOf: ({ context, version }) => [context, version],
      indexOf: ({ apiId }) => ({ number: String(apiId) }),
    })
    this.applications = new Collection(store, barrier, {
      name: 'application',
      keyOf: ({ uuid }) => uuid,
      nameOf: ({ subName, name }) => [subName, name],
      indexOf: ({ id }) => ({ number: String(id) }),
    })
    this.keyMappings = new Collection(store, barrier, {
      name: 'key-mapping',
      keyOf: ({ consumerKey }) => consumerKey,
      indexOf: ({ consumerKey, applicationUUID: application }) => ({ consumerKey, application }),
    })
    this.subscriptions = new Collection(store, barrier, {
      name: 'subscription',
      keyOf: ({ subscriptionUUId }) => subscriptionUUId,
      nameOf: ({ apiUUId, appUUID }) => [apiUUId, appUUID],
      indexOf: ({ apiUUId, appUUID, apiId, appId }) => ({
        ...{ api: apiUUId, application: appUUID },
        ...{ apiNumber: String(apiId), applicationNumber: String(appId) },
      }),
    })
    this.policies = new Collection(store, barrier, {
      name: 'policy',
      keyOf: ({ uuid }) => uuid,
      nameOf: ({ type, name }) => [type, name],
      indexOf: ({ type }) => ({ type }),
    })
  }

  /** A number that nothing has here, and the row that counts it: gateways compare numbers besides UUIDs. */
  async newNumber(): Promise<{ number: number; row: RecordWrite }> {
    const before = await this.#numbers.read(last)
    const number = (before?.value.last ?? 0) + 1
    const identity = {
      namespace: numbers,
      key: last,
      version: (before?.version ?? 0) + 1,
      expires: null,
      index: {},
    }
    return { number, row: writeRecord(this.#barrier, identity, { last: number }) }
  }

  /** @param record its namespace, `/`, its key; null: everything */
  forget(record: string | null): void {
    if (record !== null && !record.startsWith('gateway-')) return
    for (const one of [this.apis, this.applications, this.keyMappings, this.subscriptions, this.policies])
      one.forget(record)
  }
}
