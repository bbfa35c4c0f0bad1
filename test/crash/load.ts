/** What runs in the process that is killed: it works, and prints each fact once it was acknowledged. */
import { writeSync } from 'node:fs'
import { openKeyManager, type Session } from '../../lib/index.js'
import type { Fact } from './fact.js'

const [directory = '', hex = ''] = process.argv.slice(2)

/** Synchronously, so that nothing that was acknowledged is lost on its way. */
function print(fact: Fact): void {
  writeSync(1, `${JSON.stringify(fact)}\n`)
}

const nonceOf = (record: Buffer) => record.toString('hex', 5, record[0] === 1 ? 29 : 17)

/** The life of one key after another. */
async function live(session: Session, worker: number): Promise<never> {
  for (let i = 0; ; i++) {
    const name = `${process.pid} ${worker} ${i}`
    const { id } = await session.createKey({ algorithm: 'AES', name, activate: false })
    print({ operation: 'Create', key: id, state: 'PreActive' })
    await session.activate(id)
    print({ operation: 'Activate', key: id, state: 'Active' })
    const { replacement } = await session.rekey(name)
    print({ operation: 'Rekey', key: id, state: 'Active', replacement: replacement.id })
    await session.revoke(id)
    print({ operation: 'Revoke', key: id, state: 'Deactivated' })
    await session.destroy(id)
    print({ operation: 'Destroy', key: id, state: 'Destroyed' })
  }
}

/** Seals record after record, of both formats. */
async function seal(session: Session): Promise<never> {
  for (;;) {
    for (const key of ['long', 'short']) {
      const record = await session.encrypt(key, Buffer.from('data'))
      print({ operation: 'Encrypt', key, nonces: [nonceOf(record)] })
    }
  }
}

/** The same through a lease. */
async function sealThroughLease(session: Session, key: string): Promise<never> {
  const cipher = await session.openCipher(key, ['encrypt'])
  for (;;) {
    const records = cipher.sealBatch(Array.from({ length: 20 }, () => Buffer.from('data')))
    print({ operation: 'OpenCipher', key, nonces: records.map(nonceOf) })
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

const km = await openKeyManager({ directory, rootKey: { hex } })
const session = await km.as('ann')
print({ operation: 'open' })
await Promise.all([
  live(session, 1),
  live(session, 2),
  live(session, 3),
  seal(session),
  seal(session),
  sealThroughLease(session, 'long'),
  sealThroughLease(session, 'short'),
])
