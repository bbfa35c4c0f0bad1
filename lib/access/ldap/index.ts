export { DirectoryFault } from './fault.js'
export { proveByDirectory } from './login.js'
export { requireUsable } from './settings.js'
export { testDirectory } from './test.js'
