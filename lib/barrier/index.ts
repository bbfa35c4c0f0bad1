export { Barrier } from './barrier.js'
export { openBarrier } from './open.js'
export {
  newPassphraseParameters,
  type PassphraseParameters,
  type RootKeySource,
  shortestPassphrase,
  stretchPassphrase,
} from './root.js'
