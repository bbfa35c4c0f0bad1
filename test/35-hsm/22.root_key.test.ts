import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openKeyManager, type RootKeySource } from '../../lib/core/index.js'
import { fails } from '../contracts/hsm.js'
import { TestClock } from '../support/clock.js'
import { SoftHsm, softhsmIsThere, softhsmModule } from '../support/softhsm.js'
import { Shim } from './tokens.js'

const text = Buffer.from('attack at dawn')

t.test('a root key on a token', { skip: !softhsmIsThere && 'softhsm2 is not installed' }, async (t) => {
  const hsm = await SoftHsm.start(t, 'one', 'two')
  const directory = t.testdir()
  const clock = new TestClock()
  const shim = new Shim(t, softhsmModule)
  /** Every call fails, as if the device were pulled out. */
  const remove = () => shim.rules('* rv=0x32')
  const putBack = () => shim.rules()
  const tokens = ['one', 'two'].map((label) => hsm.token(label, { module: shim.module }))
  const open = (rootKey: RootKeySource, options = {}) =>
    openKeyManager({
      directory,
      tokens,
      rootKey,
      clock,
      scheduler: false,
      rootKeyGraceSeconds: 60,
      ...options,
    })
  const first = { hsm: 'pkcs11:token=one;object=root' }

  await t.test('is made with the store, and a start needs it', async (t) => {
    const km = await open(first)
    await km.ensurePrincipal({ name: 'alice', kind: 'user' })
    const me = await km.as('alice')
    await me.createKey({ algorithm: 'AES', name: 'invoices' })
    t.match(await km.rootKeyHealth(), { sealed: false, failure: null })
    await km.close()
    t.match(await hsm.tool('one', '--list-objects', '--type', 'secrkey'), /label: +root/)

    await t.rejects(open({ hex: 'ab'.repeat(32) }), { code: 'MORTISE_BARRIER_WRONG_ROOT_KEY' })
    await t.rejects(open({ hsm: 'pkcs11:token=two;object=root' }), {
      code: 'MORTISE_BARRIER_ROOT_KEY_MISSING',
    })
    await t.rejects(open({ hsm: 'pkcs11:token=three;object=root' }), { code: 'MORTISE_CONFIG_INVALID' })
    await hsm.tool('two', '--keygen', '--key-type', 'aes:32', '--id', '01', '--label', 'root')
    await t.rejects(open({ hsm: 'pkcs11:token=two;object=root' }), { code: 'MORTISE_BARRIER_WRONG_ROOT_KEY' })
    await (await open(first)).close()
    await (await open({ hsm: `hsm::one::${await slotOf(first)}::root` })).close()
  })

  async function slotOf(rootKey: RootKeySource): Promise<number> {
    const km = await open(rootKey)
    try {
      const [one] = km.tokenHealth()
      return one?.slot ?? 0
    } finally {
      await km.close()
    }
  }

  await t.test('is rotated to another key of a token, to a file and back', async (t) => {
    const km = await open(first)
    const second = { hsm: 'pkcs11:token=two;id=%01' }
    const { root, previous } = await km.asHost().rotateRoot(second)
    t.not(root, previous)
    await fails(t, km.asHost().rotateRoot(second), 'MORTISE_INPUT_INVALID')
    await km.close()
    await t.rejects(open(first), { code: 'MORTISE_BARRIER_WRONG_ROOT_KEY' })
    const km2 = await open(second)
    t.equal((await (await km2.as('alice')).get('invoices')).name, 'invoices')
    const file = `${directory}/root-key`
    await km2.asHost().rotateRoot({ file })
    await km2.close()
    await t.rejects(open(second), { code: 'MORTISE_BARRIER_WRONG_ROOT_KEY' })
    const km3 = await open({ file })
    t.same((await km3.asHost().barrierStatus()).roots.length, 1)
    await km3.asHost().rotateRoot(first)
    await km3.close()
    await (await open(first)).close()
  })

  await t.test(
    'out of reach while running: what is there is used for the time of grace and nothing written, and then nothing is done',
    async (t) => {
      const km = await open(first)
      const me = await km.as('alice')
      const record = await me.encrypt('invoices', text)
      const lease = await me.openCipher('invoices')
      remove()
      t.match(await km.rootKeyHealth(true), { sealed: false, failure: /./ })
      await fails(t, me.createKey({ algorithm: 'AES' }), 'MORTISE_BARRIER_READ_ONLY')
      await clock.pass(59_000)
      t.match(await km.rootKeyHealth(true), { sealed: false, failure: /./ })
      t.same(await me.decrypt('invoices', record), text)
      t.same(await me.decrypt('invoices', await me.encrypt('invoices', text)), text)
      t.same(lease.open(lease.seal(text)), text)
      for (const write of [
        me.createKey({ algorithm: 'AES' }),
        me.revoke('invoices', 'Unspecified'),
        km.ensurePrincipal({ name: 'bob', kind: 'user' }),
        km.asHost().createToken({ principal: 'alice' }),
      ])
        await fails(t, write, 'MORTISE_BARRIER_READ_ONLY')
      await clock.pass(1000)
      t.match(await km.rootKeyHealth(true), { sealed: true, failure: /./ })
      await fails(t, me.decrypt('invoices', record), 'MORTISE_BARRIER_SEALED')
      await fails(t, km.as('alice'), 'MORTISE_BARRIER_SEALED')
      t.throws(() => lease.seal(text), { code: 'MORTISE_LEASE_ENDED' })

      putBack()
      while ((await km.rootKeyHealth(true))?.failure !== null) await sleep(50)
      t.match(await km.rootKeyHealth(), { sealed: false, failure: null })
      t.same(await me.decrypt('invoices', record), text)
      t.same(await me.decrypt('invoices', await me.encrypt('invoices', text)), text)
      await t.resolves(me.createKey({ algorithm: 'AES' }))
      await lease.close()

      remove()
      await clock.pass(60_000)
      t.match(await km.rootKeyHealth(true), { sealed: true })
      await t.resolves(km.close(), 'it closes sealed as well')
      putBack()
    },
  )

  await t.test('out of reach at the start: an error that says so', async (t) => {
    shim.rules('C_GetTokenInfo rv=0x32', 'C_OpenSession rv=0x32')
    await t.rejects(open(first), { code: /^MORTISE_HSM_/ })
    putBack()
    await (await open(first)).close()
  })
})
