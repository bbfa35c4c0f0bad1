import * as access from '../access/index.js'
import * as audit from '../audit/index.js'
import * as barrier from '../barrier/index.js'
import * as ca from '../ca/index.js'
import * as gateway from '../gateway/index.js'
import * as keymanager from '../keymanager/index.js'
import * as keys from '../keys/index.js'
import type { Operation } from '../operation/index.js'
import { backup } from './backup/index.js'
import { setFaceSetting } from './face_settings.js'
import * as keyservice from './keyservice/index.js'
import { auditPrune } from './pruning.js'
import type { Services } from './services.js'
import { setStoreInfo } from './store_info.js'
import { listTokenKeys, testTokens } from './token_operations.js'

export type AnyOperation = Operation<Services, never, unknown>

/** Every operation on keys, principals, rights, certificates and the audit trail, by its name. */
export const catalogue: ReadonlyMap<string, AnyOperation> = new Map(
  operationsOf(keys, access, audit, ca, keymanager, gateway).map((operation) => [operation.name, operation]),
)

/** The names of all that a policy of second factors can name: these, and what is done to the store as a whole. */
export const operationNames: ReadonlySet<string> = new Set([
  ...catalogue.keys(),
  ...[
    ...operationsOf(barrier),
    keyservice.addService,
    keyservice.restore,
    keyservice.forget,
    backup,
    auditPrune,
    setFaceSetting,
    setStoreInfo,
    listTokenKeys,
    testTokens,
  ].map(({ name }) => name),
])

function operationsOf(...folders: readonly object[]): AnyOperation[] {
  return folders.flatMap((folder) => Object.values(folder) as unknown[]).filter(isOperation)
}

function isOperation(value: unknown): value is AnyOperation {
  return typeof value === 'object' && value !== null && 'permission' in value && 'prepare' in value
}
