import t from 'tap'
import type { AuditEntry, KeyManager, Session } from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'

const data = Buffer.from('data')

/** What is recorded while something is done, oldest first. */
async function recorded(house: KeyHouse, work: () => Promise<unknown>): Promise<AuditEntry[]> {
  const administrator = await house.administrator()
  const before = (await administrator.audit({ limit: 1 })).records[0]
  await work()
  const { records } = await administrator.audit({ limit: 1000 })
  const end = records.findIndex(
    ({ chain, sequence }) => chain === before?.chain && sequence === before.sequence,
  )
  // The list that `before` came from was recorded after it.
  return records.slice(0, end - 1).reverse()
}

t.test('every operation leaves one record, that of a success with what matters', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const key = await ann.createKey({ algorithm: 'AES', extractable: true })
  const box = await ann.encrypt(key.id, data)
  const hmac = await ann.createKey({ algorithm: 'HMAC-SHA-256' })
  const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'EC' })
  const sleeping = await ann.createKey({ algorithm: 'AES', activate: false })
  const raw = { format: 'raw', algorithm: 'AES', material: Buffer.alloc(32, 1) } as const
  const done: [
    operation: string,
    object: string | undefined,
    detail: object,
    work: () => Promise<unknown>,
  ][] = [
    [
      'Create',
      undefined,
      { algorithm: 'AES', length: 256, name: 'x' },
      () => ann.createKey({ algorithm: 'AES', name: 'x' }),
    ],
    [
      'CreateKeyPair',
      undefined,
      { algorithm: 'EC', length: 256 },
      () => ann.createKeyPair({ algorithm: 'EC' }),
    ],
    ['Register', undefined, { algorithm: 'AES', length: 256, type: 'SymmetricKey' }, () => ann.register(raw)],
    ['Get', key.id, {}, () => ann.get(key.id)],
    ['Locate', undefined, { found: 1 }, () => ann.locate({ name: 'x' })],
    ['Export', key.id, { format: 'raw' }, () => ann.export(key.id)],
    ['Encrypt', key.id, {}, () => ann.encrypt(key.id, data)],
    ['Decrypt', key.id, {}, () => ann.decrypt(key.id, box)],
    ['Sign', privateKey.id, { scheme: 'ES256' }, () => ann.sign(privateKey.id, data)],
    ['SignatureVerify', publicKey.id, { valid: false }, () => ann.verify(publicKey.id, data, data)],
    ['MAC', hmac.id, {}, () => ann.mac(hmac.id, data)],
    ['RNGRetrieve', undefined, { bytes: 5 }, () => ann.random(5)],
    ['Activate', sleeping.id, {}, () => ann.activate(sleeping.id)],
    [
      'Grant',
      key.id,
      { granteeKind: 'everyone', permissions: ['Get'] },
      () => ann.grant(key.id, { everyone: true }, ['Get']),
    ],
    ['ListGrants', key.id, {}, () => ann.grants(key.id)],
    ['Withdraw', key.id, { granteeKind: 'everyone' }, () => ann.withdraw(key.id, { everyone: true })],
    [
      'OpenCipher',
      key.id,
      { purposes: ['encrypt'], reserved: 2 ** 26 },
      () => ann.openCipher(key.id, ['encrypt']),
    ],
    ['OpenSigner', privateKey.id, { scheme: 'ES256' }, () => ann.openSigner(privateKey.id)],
    ['OpenVerifier', publicKey.id, { scheme: 'ES256' }, () => ann.openVerifier(publicKey.id)],
    ['OpenMAC', hmac.id, { purposes: ['verify'], reserved: 2 ** 26 }, () => ann.openMac(hmac.id, ['verify'])],
    ['HashBatch', undefined, { hash: 'SHA-512', messages: 2 }, () => ann.hashBatch([data, data], 'SHA-512')],
    ['Rekey', hmac.id, { keyVersion: 2 }, () => ann.rekey(hmac.id)],
    [
      'Revoke',
      sleeping.id,
      { reason: 'KeyCompromise', state: 'Compromised' },
      () => ann.revoke(sleeping.id, 'KeyCompromise'),
    ],
    ['Destroy', sleeping.id, { state: 'DestroyedCompromised' }, () => ann.destroy(sleeping.id)],
  ]
  for (const [operation, object, detail, work] of done) {
    const records = await recorded(house, work)
    t.match(
      records,
      [
        {
          operation,
          detail,
          outcome: 'success',
          code: null,
          principal: ann.principal.id,
          principalName: 'ann',
          face: 'process',
          request: null,
          ...(object !== undefined && { object }),
        },
      ],
      operation,
    )
    t.equal(records.length, 1, `${operation}: one record`)
  }
})

t.test('a key that is made is named in its record', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  let made: string[] = []
  const records = await recorded(house, async () => {
    const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'EC' })
    made = [(await ann.createKey({ algorithm: 'AES' })).id, privateKey.id, publicKey.id]
  })
  t.match(records, [{ object: made[1], detail: { publicKey: made[2] } }, { object: made[0] }])
})

t.test('refusals and failures leave one record each, with the code', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'taken' })
  const nobody = '00000000-0000-4000-8000-000000000000'
  const cases: [Session, string, string, string | null, (who: Session) => Promise<unknown>][] = [
    [bob, 'denied', 'MORTISE_KEY_NOT_FOUND', id, (who) => who.encrypt(id, data)],
    [bob, 'failed', 'MORTISE_KEY_NOT_FOUND', null, (who) => who.encrypt(nobody, data)],
    [bob, 'denied', 'MORTISE_ACCESS_DENIED', null, (who) => who.audit()],
    [ann, 'failed', 'MORTISE_KEY_STATE', id, (who) => who.destroy(id)],
    [ann, 'failed', 'MORTISE_KEY_USAGE', id, (who) => who.sign(id, data)],
    [ann, 'failed', 'MORTISE_KEY_NOT_EXTRACTABLE', id, (who) => who.export(id)],
    [ann, 'failed', 'MORTISE_CRYPTO_DECRYPTION_FAILED', id, (who) => who.decrypt(id, data)],
    [ann, 'failed', 'MORTISE_CRYPTO_UNSUPPORTED', null, (who) => who.createKey({ algorithm: 'DES' })],
    [ann, 'failed', 'MORTISE_NAME_TAKEN', null, (who) => who.createKey({ algorithm: 'AES', name: 'taken' })],
    [ann, 'failed', 'MORTISE_INPUT_INVALID', null, (who) => who.random(0)],
  ]
  for (const [who, ending, code, object, work] of cases) {
    const records = await recorded(house, () => outcome(work(who)))
    t.match(records, [{ outcome: ending, code, object, principal: who.principal.id }], code)
    t.equal(records.length, 1, `${code}: one record`)
  }
})

t.test('what was not found is named as it was asked for', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  const { id } = await ann.createKey({ algorithm: 'AES', name: 'hers' })
  const missing = '00000000-0000-4000-8000-000000000000'
  for (const [asked, shown] of [
    [missing, missing],
    ['no such name', 'no such name'],
    ['two\nlines\u202e', 'two\\u000alines\\u202e'],
    ['long'.repeat(1000), 'long'.repeat(64).slice(0, 255)],
    ['hers', 'hers'],
    [id, id],
  ] as const) {
    const records = await recorded(house, () => outcome(bob.decrypt(asked, Buffer.from('payload'))))
    t.match(records, [{ code: 'MORTISE_KEY_NOT_FOUND', detail: { asked: shown } }])
    t.notMatch(JSON.stringify(records), /payload/)
  }
  const [found] = await recorded(house, () => outcome(ann.decrypt(id, Buffer.from('payload'))))
  t.strictSame(found?.detail, {}, 'the record of an object names it by its id')
})

t.test('a refused login is recorded, and who came by a token that was withdrawn', async (t) => {
  const house = await KeyHouse.build(t)
  const { km } = house
  const door = { face: 'admin', request: 'request-7' }
  const records = await recorded(house, async () => {
    await outcome(km.authenticate({ token: 'mrt_nothing' }, door))
    await outcome(km.authenticate({ name: 'ann', password: 'wrong' }, door))
  })
  t.match(
    records,
    ['token', 'password'].map((method) => ({
      operation: 'Authenticate',
      outcome: 'denied',
      code: 'MORTISE_AUTH_REQUIRED',
      principal: null,
      ...door,
      detail: { method },
    })),
  )
  const ann = await house.as('ann')
  await (await house.administrator()).setPrincipal('ann', { enabled: false })
  const [refusal] = await recorded(house, () => outcome(ann.random(1)))
  t.match(refusal, {
    outcome: 'denied',
    code: 'MORTISE_AUTH_REQUIRED',
    principal: ann.principal.id,
    principalName: 'ann',
  })
})

t.test('the whole trail verifies, over several key managers', async (t) => {
  const house = await KeyHouse.build(t)
  const managers: KeyManager[] = [house.km, await house.open(), await house.open()]
  await Promise.all(
    managers.map(async (km, i) => {
      const session = await house.as(`somebody ${i}`, km)
      const { id } = await session.createKey({ algorithm: 'AES' })
      await Promise.all(Array.from({ length: 50 }, () => session.encrypt(id, data)))
    }),
  )
  const { problems, chains, records } = await house.km.verifyAudit()
  t.strictSame(problems, [])
  t.ok(chains >= 3 && records > 150)
})

/** Takes the table of audit records away, so that nothing can be recorded, until it is put back. */
async function withoutTrail(house: KeyHouse, work: () => Promise<void>): Promise<void> {
  const rename = (from: string, to: string) =>
    house.edit((database) => database.exec(`ALTER TABLE ${from} RENAME TO ${to}`))
  rename('audit', 'audit_away')
  try {
    await work()
  } finally {
    rename('audit_away', 'audit')
  }
}

t.test('what cannot be recorded is refused', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  const { id } = await ann.createKey({ algorithm: 'AES', extractable: true })
  const { privateKey, publicKey } = await ann.createKeyPair({ algorithm: 'EC' })
  const hmac = await ann.createKey({ algorithm: 'HMAC-SHA-256' })
  const box = await ann.encrypt(id, data)
  await bob.locate()
  const unavailable = { code: 'MORTISE_AUDIT_UNAVAILABLE' }
  await withoutTrail(house, async () => {
    const uses: Record<string, () => Promise<unknown>> = {
      encrypt: () => ann.encrypt(id, data),
      decrypt: () => ann.decrypt(id, box),
      sign: () => ann.sign(privateKey.id, data),
      export: () => ann.export(id),
      get: () => ann.get(id),
      locate: () => ann.locate(),
      random: () => ann.random(1),
      'a refusal': () => bob.encrypt(id, data),
      'a failure': () => ann.decrypt(id, data),
      'a refused login': () => house.km.authenticate({ token: 'x' }, { face: 'admin', request: '1' }),
    }
    for (const [what, use] of Object.entries(uses)) await t.rejects(use(), unavailable, what)
    const changes: Record<string, () => Promise<unknown>> = {
      createKey: () => ann.createKey({ algorithm: 'AES', name: 'unseen' }),
      revoke: () => ann.revoke(id),
      rekey: () => ann.rekey(id),
      grant: () => ann.grant(id, { principal: 'bob' }, ['Encrypt']),
      openCipher: () => ann.openCipher(id),
      openSigner: () => ann.openSigner(privateKey.id),
      openVerifier: () => ann.openVerifier(publicKey.id),
      openMac: () => ann.openMac(hmac.id),
    }
    for (const [what, change] of Object.entries(changes)) {
      t.match(await outcome(change()), /^MORTISE_(AUDIT|STORAGE)_UNAVAILABLE$/, what)
    }
  })
  t.match(await ann.get(id), { state: 'Active', links: { replacement: null } }, 'nothing has changed')
  t.strictSame(await ann.grants(id), [])
  t.strictSame((await ann.locate({ name: 'unseen' })).items, [])
  await t.resolves(ann.encrypt(id, data), 'with the trail back, it goes on')
  t.strictSame((await house.km.verifyAudit()).problems, [])
})
