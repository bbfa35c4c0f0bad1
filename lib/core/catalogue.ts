import * as access from '../access/index.js'
import * as audit from '../audit/index.js'
import * as keys from '../keys/index.js'
import type { Operation } from '../operation/index.js'
import type { Services } from './services.js'

export type AnyOperation = Operation<Services, never, unknown>

/** Every operation on keys, principals, rights and the audit trail, by its name. */
export const catalogue: ReadonlyMap<string, AnyOperation> = new Map(
  [keys, access, audit]
    .flatMap((folder) => Object.values(folder) as unknown[])
    .filter(isOperation)
    .map((operation) => [operation.name, operation]),
)

function isOperation(value: unknown): value is AnyOperation {
  return typeof value === 'object' && value !== null && 'permission' in value && 'prepare' in value
}
