/** What runs in the process that is killed: it works, and prints each fact once it was acknowledged. */
import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openKeyManager, type Session } from '../../lib/index.js'
import type { Fact, Question } from './fact.js'

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

/** Does something that changes an answer; meanwhile the answer is open. */
async function change<T>(
  operation: string,
  question: Question,
  answer: boolean,
  work: () => Promise<T>,
  key?: string,
): Promise<T> {
  print({ answer: [question, null] })
  const done = await work()
  print({ operation, answer: [question, answer], ...(key !== undefined && { key }) })
  return done
}

/** The lives of keys that were made elsewhere and of pairs, and who may use them. */
async function share(session: Session): Promise<never> {
  for (;;) {
    const pair = await session.createKeyPair({ algorithm: 'EC' })
    const id = pair.privateKey.id
    print({ operation: 'CreateKeyPair', key: id, state: 'Active' })
    print({ key: pair.publicKey.id, state: 'Active' })
    const { replacement } = await session.rekey(id)
    print({ operation: 'Rekey', key: id, state: 'Active', replacement: replacement.id })
    const registered = await session.register({ format: 'raw', algorithm: 'AES', material: randomBytes(32) })
    const { id: key } = registered
    print({ operation: 'Register', key, state: 'Active' })
    const everyone = { everyone: true } as const
    const granted = ['granted', key] as const
    await change('Grant', granted, true, () => session.grant(key, everyone, ['Encrypt']), key)
    await change('Withdraw', granted, false, () => session.withdraw(key, everyone), key)
    await session.revoke(key, 'KeyCompromise')
    print({ operation: 'Revoke', key, state: 'Compromised' })
    await session.revoke(id)
    print({ operation: 'Revoke', key: id, state: 'Deactivated' })
    const doomed = ['doomed', id] as const
    await change('Destroy', doomed, true, () => session.destroy(id, { afterDays: 7 }), id)
    await change('CancelDestroy', doomed, false, () => session.cancelDestroy(id), id)
  }
}

/** The lives of principals. */
async function govern(administrator: Session): Promise<never> {
  for (let i = 0; ; i++) {
    const name = `${process.pid} somebody ${i}`
    const enabled = ['enabled', name] as const
    await administrator.createPrincipal({ name })
    print({ operation: 'CreatePrincipal', answer: [enabled, true] })
    const first = await administrator.createToken({ principal: name })
    print({ operation: 'CreateToken', answer: [['token', first.text], true] })
    await change('RevokeToken', ['token', first.text], false, () =>
      administrator.revokeToken(first.id, { own: false }),
    )
    const second = await administrator.createToken({ principal: name })
    print({ operation: 'CreateToken', answer: [['token', second.text], true] })
    await change('SetPassword', ['token', second.text], false, () =>
      administrator.setPassword(name, 'a password for tests'),
    )
    await change('SetPrincipal', enabled, false, () => administrator.setPrincipal(name, { enabled: false }))
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
  share(session),
  govern(await km.as('root')),
  seal(session),
  seal(session),
  sealThroughLease(session, 'long'),
  sealThroughLease(session, 'short'),
])
