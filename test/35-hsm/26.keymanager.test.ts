/** Keys of applications whose module key is on a token. */
import t from 'tap'
import { openKeyManager } from '../../lib/core/index.js'
import { SoftHsm, softhsmIsThere } from '../support/softhsm.js'

t.test('a module key on a token', { skip: !softhsmIsThere && 'softhsm2 is not installed' }, async (t) => {
  const hsm = await SoftHsm.start(t, 'one')
  const directory = t.testdir()
  const open = () => openKeyManager({ directory, tokens: [hsm.token('one')], keyProvider: 'one' })
  let km = await open()
  t.teardown(() => km.close())
  await km.ensurePrincipal({ name: 'root', roles: ['administrator'] })
  const { id } = await km.ensurePrincipal({ name: 'openspp', kind: 'service' })
  const root = await km.as('root')
  const [first, module, base] = [
    { application: 'ROOT', reference: '' },
    { application: 'REGISTRATION', reference: '' },
    { application: 'REGISTRATION', reference: 'ENCRYPT' },
  ] as const
  await root.keymanager.createRoot()
  await root.keymanager.admit(first, { principal: id })
  const signing = Buffer.from('{"alg":"RS256"}')
  const { keymanager } = await km.as('openspp')
  await keymanager.makeKey(module)
  const sealed = await keymanager.encrypt(base, signing, { salt: Buffer.alloc(32, 1) })
  const { signature } = await keymanager.sign(module, () => signing)
  const onToken = async () => (await root.tokenKeys('one')).filter(({ type }) => type === 'RSA').length
  t.equal(await onToken(), 4, 'ROOT and the module key, each a pair; the base key is here')

  await km.close()
  km = await open()
  const again = (await km.as('openspp')).keymanager
  t.same(await again.decrypt(base, sealed, { salt: Buffer.alloc(32, 1) }), signing)
  t.ok(await again.verify(module, signing, signature, 'RS256'))
  const next = await again.makeKey(module, { force: true })
  t.match(await (await km.as('openspp')).get(next.privateKey ?? ''), { provider: 'one', keyVersion: 2 })
  t.ok(
    await again.verify(module, signing, signature, 'RS256'),
    'what the key before has signed still verifies',
  )
  t.ok(await again.verify(module, signing, (await again.sign(module, () => signing)).signature, 'RS256'))
})
