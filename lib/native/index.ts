/** The C++ add-on, loaded once a thread. @module */
import type { Addon } from './addon.js'
import { load } from './binding.js'
import { completeLeases } from './lease.js'
import type { Pkcs11Addon } from './pkcs11.js'
import { completeRecords } from './record.js'

export type * from './addon.js'
export {
  type Arena,
  alone,
  type BatchAad,
  flat,
  openAll,
  openAllAsync,
  sealAll,
  sealAllAsync,
} from './batch.js'
export { hashAll, macAll, macAllAsync, shortHashing, verifyAll, verifyAllAsync } from './messages.js'
export { inPieces, isShort, neverShort, type ShortWork } from './pieces.js'
export type * from './pkcs11.js'

export * from './ttlv/index.js'

const exports = load()
completeLeases(exports)
completeRecords(exports)

/** @throws MORTISE_NATIVE_UNAVAILABLE, on import, where the add-on cannot be loaded: the message tells the cause and the cure */
export const native: Addon & Pkcs11Addon = exports
