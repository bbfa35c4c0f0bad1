export { Barrier, type KeyringState } from './barrier.js'
export { keyringNamespace } from './keyring.js'
export { NewRoot, type NewRootKey } from './new_root.js'
export { openBarrier } from './open.js'
export { addRootKey } from './operations/add_root_key.js'
export { type BarrierStatus, barrierStatus } from './operations/barrier_status.js'
export { removeRootKeys } from './operations/remove_root_keys.js'
export { type ResealedPage, type ResealInput, reseal } from './operations/reseal.js'
export { type KeyringRetired, retireKeyring } from './operations/retire.js'
export { type KeyringStep, rotateKeyring } from './operations/rotate_keyring.js'
export type { BarrierServices } from './operations/services.js'
export { RecordReader, type Stored, writeRecord } from './records.js'
export {
  newPassphraseParameters,
  type PassphraseParameters,
  type RootKeySource,
  shortestPassphrase,
  stretchPassphrase,
} from './root.js'
