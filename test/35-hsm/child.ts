// A process or thread that has a token open: argv has the module and what it does.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { native, type Pkcs11KeyIdentity } from '../../lib/native/index.js'

const [module = '', way = ''] = process.argv.slice(2)
const token = await native.openPkcs11({
  module,
  token: { label: 'test' },
  pin: Buffer.from('1234'),
  policy: { threads: 2, deadline: isMainThread ? 600_000 : 10_000 },
})

if (way === 'exit' || way === 'hang') {
  for (let i = 0; i < 4; i++) token.random(8).catch(() => undefined)
  await new Promise((done) => setTimeout(done, 50))
  if (way === 'exit') {
    process.stdout.write('ends\n')
    process.exit(0)
  }
  parentPort?.postMessage('hangs')
} else if (way === 'worker') {
  const worker = new Worker(new URL(import.meta.url), { argv: [module, 'hang'] })
  await new Promise((done) => worker.once('message', done))
  await worker.terminate()
  process.stdout.write('ends\n')
  process.exit(0)
} else {
  const key = token.key(workerData as Pkcs11KeyIdentity)
  const sign = () => token.sign(key, 'ES256', Buffer.from('x'), {})
  const signatures = await Promise.all(Array.from({ length: 50 }, sign))
  parentPort?.postMessage(signatures.length)
  if (way === 'forever') for (;;) await Promise.all(Array.from({ length: 50 }, sign))
  await token.close()
}
