/**
 * Makes the built-in authority and a certificate for a server, and is killed when it asks for the time once more than it may: `DIRECTORY
 * ROOT-KEY [TIMES]`. Without a number it says how often it has asked.
 */
import { openKeyManager } from '../../lib/index.js'

const [directory = '', hex = '', times] = process.argv.slice(2)
let asked = 0
let counts = false
const clock = {
  now() {
    if (counts && asked++ === Number(times)) process.kill(process.pid, 'SIGKILL')
    return Date.now()
  },
}

const km = await openKeyManager({
  directory,
  rootKey: { hex },
  clock,
  scheduler: false,
  checkpointSeconds: 0,
})
counts = true
const events = { changed: () => undefined, failed: () => undefined }
const kept = await km.keepCertificate({ dns: ['localhost'] }, events)
process.stdout.write(`${asked}\n`)
await kept.stop()
await km.close()
