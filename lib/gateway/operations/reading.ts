import type { PageInput } from '../../access/index.js'
import { pageLimit, type SystemOperation } from '../../operation/index.js'
import type { Collection } from '../collection.js'
import type { GatewayDirectory } from '../directory.js'
import type { GatewayServices } from '../services.js'

/** Any operation on what gateways are told of. */
export type GatewayOperation = SystemOperation<GatewayServices, never, object>

/** Which one is meant. */
export interface Keyed {
  /** UUID; of a key mapping its consumer key. */
  readonly key: string
}

export interface GatewayPage<Entity> {
  /** In the order of their keys. */
  readonly list: readonly Entity[]
  readonly next: string | null
}

export interface GatewayListInput extends PageInput {
  /** A field that must have a value. Default all. */
  readonly where?: { readonly field: string; readonly value: string }
}

/** One by its key. It throws MORTISE_GATEWAY_NOT_FOUND. */
export function reading<Entity extends object>(
  name: string,
  among: (directory: GatewayDirectory) => Collection<Entity>,
): SystemOperation<GatewayServices, Keyed, Entity> {
  return {
    name,
    permission: 'PrincipalRead',
    durability: 'written',
    async prepare({ gateways }, _actor, { key }) {
      const { value } = await among(gateways).read(key)
      return { answer: value, detail: { key } }
    },
  }
}

/** A page of those of one kind. */
export function listing<Entity extends object>(
  name: string,
  among: (directory: GatewayDirectory) => Collection<Entity>,
): SystemOperation<GatewayServices, GatewayListInput, GatewayPage<Entity>> {
  return {
    name,
    permission: 'PrincipalRead',
    durability: 'written',
    async prepare({ gateways }, _actor, { where, ...input }) {
      const limit = pageLimit(input)
      const page = await among(gateways).page(limit, input.after, where)
      const next = page.length < limit ? null : (page.at(-1)?.key ?? null)
      return { answer: { list: page.map(({ value }) => value), next }, detail: { count: page.length } }
    },
  }
}
