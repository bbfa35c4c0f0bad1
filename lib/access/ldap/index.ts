export { DirectoryFault } from './fault.js'
export { proveByDirectory } from './login.js'
export { testDirectory } from './test.js'
