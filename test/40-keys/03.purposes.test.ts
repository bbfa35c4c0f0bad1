import t from 'tap'
import type { Session } from '../../lib/index.js'
import { type Purpose, purposes } from '../../lib/operation/index.js'
import { KeyHouse, keyOf } from '../support/key_house.js'

const data = Buffer.from('data')

const uses: Record<string, (session: Session, key: string) => Promise<unknown>> = {
  get: (session, key) => session.get(key),
  export: (session, key) => session.export(key),
  activate: (session, key) => session.activate(key),
  revoke: (session, key) => session.revoke(key),
  'revoke, compromised': (session, key) => session.revoke(key, 'KeyCompromise'),
  destroy: (session, key) => session.destroy(key),
  rekey: (session, key) => session.rekey(key),
  grant: (session, key) => session.grant(key, { everyone: true }, ['Get']),
  withdraw: (session, key) => session.withdraw(key, { everyone: true }),
  grants: (session, key) => session.grants(key),
  encrypt: (session, key) => session.encrypt(key, data),
  decrypt: (session, key) => session.decrypt(key, data),
  sign: (session, key) => session.sign(key, data),
  verify: (session, key) => session.verify(key, data, data),
  mac: (session, key) => session.mac(key, data),
  attributes: (session, key) => session.attributes(key),
  attributeNames: (session, key) => session.attributeNames(key),
  addAttribute: (session, key) => session.addAttribute(key, 'Comment', 'x'),
  archive: (session, key) => session.archive(key),
  recover: (session, key) => session.recover(key),
  getUsageAllocation: (session, key) => session.getUsageAllocation(key, 1),
  openCipher: (session, key) => session.openCipher(key),
  openSigner: (session, key) => session.openSigner(key),
  openVerifier: (session, key) => session.openVerifier(key),
  openMac: (session, key) => session.openMac(key),
}

/** What an administrator may do with a key that is not its own. */
const administered = new Set([
  'get',
  'activate',
  'revoke',
  'revoke, compromised',
  'attributes',
  'attributeNames',
  'addAttribute',
  'archive',
  'recover',
  'destroy',
  'grant',
  'withdraw',
  'grants',
])

/** What is said of who may use an authority, and of keys of applications, which are seen and ended besides. */
const granted = ['grant', 'withdraw', 'grants']
const admitted: Partial<Record<Purpose, readonly string[]>> = {
  ca: granted,
  keymanager: [...granted, 'get', 'attributes', 'attributeNames', 'revoke', 'revoke, compromised'],
}

t.test('a key of another purpose than general serves no operation of the catalogue', async (t) => {
  const house = await KeyHouse.build(t)
  const [owner, administrator, stranger] = [
    await house.as('ann'),
    await house.administrator(),
    await house.as('eve'),
  ]
  const inside = await house.inside()
  const [secret] = await keyOf('AES')
  const [signing] = await keyOf('EC')
  for (const purpose of purposes.filter((one) => one !== 'general')) {
    for (const handle of [secret, signing]) {
      await t.test(`${purpose}, ${handle.type}`, async (t) => {
        const name = `${purpose} ${handle.type}`
        const row = inside.row(handle, { owner: owner.principal.id, purpose, name })
        await inside.put(row)
        for (const [operation, use] of Object.entries(uses)) {
          if (admitted[purpose]?.includes(operation)) continue
          const refused = {
            code: 'MORTISE_KEY_PURPOSE',
            message: new RegExp(`^a key of the purpose ${purpose} is not for `),
          }
          for (const key of [row.id, name]) await t.rejects(use(owner, key), refused, `owner, ${operation}`)
          await t.rejects(
            use(administrator, row.id),
            administered.has(operation) ? refused : { code: 'MORTISE_ACCESS_DENIED' },
            `administrator, ${operation}`,
          )
          await t.rejects(use(stranger, row.id), { code: 'MORTISE_KEY_NOT_FOUND' }, `stranger, ${operation}`)
        }
        for (const session of [owner, administrator]) {
          t.strictSame((await session.locate({ name })).items, [], 'nor is it located')
          t.strictSame((await session.locate({ family: row.id })).items, [], 'by whatever attribute')
        }
      })
    }
  }
})

t.test('nobody makes such a key through the catalogue', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  const inside = await house.inside()
  const sneaky = { algorithm: 'AES', purpose: 'token', owner: 'somebody', domain: 'tenant' }
  const { id } = await ann.createKey(sneaky)
  const [row] = await inside.store.objects([id])
  t.match(row, { purpose: 'general', owner: ann.principal.id, domain: 'root' })
})
