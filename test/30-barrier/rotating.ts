/** What runs in the process that is killed: it rotates the root key, and ends itself by SIGKILL after one of the steps. */
import { type NewRootKey, openKeyManager, type RootKeySource } from '../../lib/index.js'

const [directory, rootKey, to, last] = JSON.parse(process.argv[2] ?? '') as [
  string,
  RootKeySource,
  NewRootKey,
  string,
]
const km = await openKeyManager({ directory, rootKey })
await km.asHost().rotateRoot(to, (step) => {
  if (step === last) process.kill(process.pid, 'SIGKILL')
})
await km.close()
