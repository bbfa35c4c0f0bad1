import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { isMortiseError } from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'
import { Remote } from '../support/remote.js'

const data = Buffer.from('data')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  format: 'der',
  type: 'pkcs8',
})
const closed = { code: 'MORTISE_CLOSED' }

t.test('what was asked before is done or refused, and nothing is left open', async (t) => {
  for (const wait of [0, 2, 5]) {
    const house = await KeyHouse.build(t)
    const ann = await house.as('ann')
    const { id } = await ann.createKey({ algorithm: 'AES' })
    const signing = await ann.register({ format: 'pkcs8', material: rsa })
    const work = [
      ...Array.from({ length: 20 }, () => ann.encrypt(id, data)),
      ...Array.from({ length: 20 }, (_, i) => ann.createKey({ algorithm: 'AES', name: `key ${i}` })),
      ...Array.from({ length: 5 }, () => ann.sign(signing.id, data)),
      ...Array.from({ length: 5 }, () => ann.createKeyPair({ algorithm: 'EC' })),
      ...Array.from({ length: 5 }, () => ann.rekey(id)),
      ...Array.from({ length: 5 }, () => ann.get(id)),
    ]
    const leases = Array.from({ length: 5 }, () => ann.openCipher(id))
    const outcomes = Promise.all(work.map(outcome))
    const opened = Promise.allSettled(leases)
    for (let turn = 0; turn < wait; turn++) await new Promise(setImmediate)
    await house.km.close()
    const allowed = new Set(['ok', 'MORTISE_CLOSED', 'MORTISE_KEY_STATE'])
    t.strictSame(
      [...new Set(await outcomes)].filter((one) => !allowed.has(one)),
      [],
      `after ${wait} turns`,
    )
    for (const one of await opened) {
      if (one.status === 'fulfilled') t.ok(one.value.ended, 'a lease that was still opened has ended')
      else t.ok(isMortiseError(one.reason, 'MORTISE_CLOSED'))
    }
    const made = (await outcomes).slice(20, 40).filter((one) => one === 'ok').length
    const again = await house.as('ann', await house.open())
    t.ok(
      (await again.locate({ algorithm: 'AES', limit: 1000 })).items.length >= made,
      'what was answered is there',
    )
  }
})

t.test('a lease that is being opened when it closes is ended or refused', async (t) => {
  const house = await KeyHouse.build(t)
  const { id } = await (await house.as('ann')).createKey({ algorithm: 'AES' })
  for (let wait = 0; wait < 20; wait += 3) {
    const km = await house.open()
    const ann = await km.as('ann')
    const opening = Promise.allSettled([ann.openCipher(id)])
    for (let turn = 0; turn < wait; turn++) await new Promise(setImmediate)
    await km.close()
    const [opened] = await opening
    if (opened.status === 'fulfilled') t.ok(opened.value.ended, `opened after ${wait} turns`)
    else t.match(opened.reason, closed, `refused after ${wait} turns`)
  }
})

t.test('afterwards everything is refused in one way', async (t) => {
  const house = await KeyHouse.build(t)
  const { km } = house
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const record = await ann.encrypt(id, data)
  const cipher = await ann.openCipher(id)
  await km.close()
  await km.close()
  const refused: Record<string, () => Promise<unknown>> = {
    encrypt: () => ann.encrypt(id, data),
    decrypt: () => ann.decrypt(id, record),
    createKey: () => ann.createKey({ algorithm: 'AES' }),
    createKeyPair: () => ann.createKeyPair({ algorithm: 'EC' }),
    rekey: () => ann.rekey(id),
    locate: () => ann.locate(),
    random: () => ann.random(1),
    openCipher: () => ann.openCipher(id),
    as: () => km.as('ann'),
    ensurePrincipal: () => km.ensurePrincipal({ name: 'bob' }),
    authenticate: () => km.authenticate({ name: 'ann', password: 'x' }, { face: 'admin', request: '1' }),
    health: () => km.health(),
    verifyAudit: () => km.verifyAudit(),
    reserve: () => cipher.reserve(),
  }
  for (const [what, work] of Object.entries(refused)) await t.rejects(work(), closed, what)
  t.throws(() => cipher.seal(data), { code: 'MORTISE_LEASE_ENDED' })
  await t.resolves(cipher.close())
})

t.test('closing records what each lease was used for', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'EC' })
  const { id: hmac } = await ann.createKey({ algorithm: 'HMAC-SHA-256' })
  const cipher = await ann.openCipher(id)
  cipher.sealBatch(Array.from({ length: 7 }, () => data))
  const signer = await ann.openSigner(privateKey.id)
  const signatures = await signer.signBatch([data, data])
  const verifier = await ann.openVerifier(publicKey.id)
  verifier.verifyBatchSync([data, data, data], [...signatures, data])
  const mac = await ann.openMac(hmac)
  for (let i = 0; i < 5; i++) mac.mac(data)
  await house.km.close()
  const { records } = await (await house.administrator(await house.open())).audit({
    operation: 'LeaseClosed',
  })
  t.strictSame(
    new Map(records.map(({ object, detail }) => [object, detail])),
    new Map([
      [id, { used: 7 }],
      [privateKey.id, { used: 2 }],
      [publicKey.id, { used: 3 }],
      [hmac, { used: 5 }],
    ]),
  )
})

t.test('a key manager that closes leaves others on its directory alone', async (t) => {
  const house = await KeyHouse.build(t)
  const there = await house.open()
  const ann = await house.as('ann', there)
  const { id } = await ann.createKey({ algorithm: 'AES' })
  const cipher = await ann.openCipher(id)
  await house.km.close()
  t.doesNotThrow(() => cipher.seal(data))
  await t.resolves(ann.encrypt(id, data))
})

t.test('an open key manager does not keep a process alive, nor a thread', async (t) => {
  const house = await KeyHouse.build(t)
  const remotes = [await Remote.process(t, house), await Remote.thread(t, house)]
  for (const remote of remotes) {
    await remote.call('ann', 'createKey', { algorithm: 'AES' })
    await t.resolves(remote.close())
  }
})
