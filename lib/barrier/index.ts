export { Barrier } from './barrier.js'
export { openBarrier } from './open.js'
export type { RootKeySource } from './root.js'
