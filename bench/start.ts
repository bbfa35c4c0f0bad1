/** What a start costs: opens the key manager of a directory, works with it, and says so. */
import { openKeyManager } from '../lib/index.js'

const [directory = ''] = process.argv.slice(2)
const manager = await openKeyManager({ directory })
await (await manager.as('bench')).random(16)
process.stdout.write('ready\n')
setInterval(() => undefined, 1000)
