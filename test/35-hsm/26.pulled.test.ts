/** A token that is pulled out while its keys are in use. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openKeyManager } from '../../lib/core/index.js'
import { isMortiseError } from '../../lib/errors/index.js'
import { SoftHsm, softhsmIsThere, softhsmModule } from '../support/softhsm.js'
import { Shim } from './tokens.js'

const text = Buffer.from('attack at dawn')
/** While the token is gone, and while it is looked for. */
const gone = { code: /^MORTISE_HSM_(UNAVAILABLE|TOKEN_NOT_FOUND)$/, status: 503 }

t.test('a token that is pulled', { skip: !softhsmIsThere && 'softhsm2 is not installed' }, async (t) => {
  const hsm = await SoftHsm.start(t, 'one')
  const shim = new Shim(t, softhsmModule)
  const tokens = [hsm.token('one', { module: shim.module })]
  const km = await openKeyManager({ directory: t.testdir(), tokens, keyProvider: 'one' })
  t.teardown(() => km.close())
  await km.ensurePrincipal({ name: 'alice', kind: 'user' })
  const me = await km.as('alice')
  await me.createKey({ algorithm: 'AES', name: 'invoices' })
  await me.createKey({ algorithm: 'AES', name: 'here', provider: 'software' })
  const pair = await me.createKeyPair({ algorithm: 'EC', name: 'signer' })
  const record = await me.encrypt('invoices', text)
  const lease = await me.openCipher('invoices')

  let stop = false
  const done = { valid: 0, failed: 0 }
  const uses = [
    async () => me.verify(pair.publicKey.id, text, await me.sign('signer', text)),
    async () => text.equals(await me.decrypt('invoices', await me.encrypt('invoices', text))),
  ]
  const lanes = uses.map(async (use) => {
    while (!stop) {
      try {
        if (!(await use())) t.fail('a wrong answer')
        done.valid++
      } catch (error) {
        if (!isMortiseError(error)) throw error
        t.match(error, gone, 'it says so')
        done.failed++
        await sleep(10)
      }
    }
  })
  const until = async (met: () => boolean) => {
    while (!met()) await sleep(10)
  }

  for (let round = 0; round < 2; round++) {
    await until(() => done.valid > 10)
    shim.rules('* rv=0x32')
    done.failed = 0
    await until(() => done.failed > 5)
    await t.rejects(me.encrypt('invoices', text), gone)
    await t.rejects(lease.sealAsync(text), gone)
    await t.rejects(me.createKey({ algorithm: 'AES', name: `lost ${round}` }), gone)
    t.same(await me.decrypt('here', await me.encrypt('here', text)), text, 'keys elsewhere go on')
    t.match(await me.get('invoices'), { state: 'Active' })
    shim.rules()
    done.valid = 0
  }
  await until(() => done.valid > 10)
  stop = true
  await Promise.all(lanes)
  t.same(await me.decrypt('invoices', record), text, 'what was sealed before is opened')
  t.same(await me.decrypt('invoices', await lease.sealAsync(text)), text, 'leases go on')
  await lease.close()
  await t.resolves(me.createKey({ algorithm: 'AES', name: 'lost 0' }))
})
