/** What Mortise itself signs, signed on a token. */
import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { openKeyManager } from '../../lib/core/index.js'
import { SoftHsm, softhsmIsThere } from '../support/softhsm.js'

t.test('signed on a token', { skip: !softhsmIsThere && 'softhsm2 is not installed' }, async (t) => {
  const hsm = await SoftHsm.start(t, 'one')
  const directory = t.testdir()
  const open = () => openKeyManager({ directory, tokens: [hsm.token('one')], auditProvider: 'one' })
  let km = await open()
  t.teardown(() => km.close())
  await km.ensurePrincipal({ name: 'olga', roles: ['ca-officer'] })
  await km.ensurePrincipal({ name: 'root', roles: ['administrator'] })

  const ofType = async (type: string) =>
    (await (await km.as('root')).tokenKeys('one')).filter((key) => key.type === type)

  await t.test('an authority issues, revokes and publishes, also after a restart', async (t) => {
    const olga = await km.as('olga')
    const made = await olga.createAuthority({ name: 'root', subject: 'CN=Root', provider: 'one' })
    t.match(made, { state: 'pending' })
    await olga.selfSign('root')
    await km.close()
    km = await open()
    const again = await km.as('olga')
    const { certificate: root } = await again.getAuthority('root')
    const pair = await again.certifyPair(
      'root',
      { profile: 'server', subject: 'CN=a.example.org', names: { dns: ['a.example.org'] } },
      { format: 'pkcs8' },
    )
    const issued = new X509Certificate(pair.certificate.certificate ?? '')
    t.ok(issued.verify(new X509Certificate(root ?? '').publicKey))
    await again.createCrl('root')
    t.same((await ofType('EC')).map(({ kind }) => kind).sort(), ['private', 'public'])
  })

  await t.test('an authority that is deleted takes its keys along', async (t) => {
    await (await km.as('olga')).deleteAuthority('root')
    await km.runDueJobs()
    t.same(await ofType('EC'), [])
  })

  await t.test('checkpoints of the audit trail', async (t) => {
    const checkpoint = await (await km.as('root')).checkpoint()
    t.ok(checkpoint)
    t.same((await ofType('Ed25519')).map(({ kind }) => kind).sort(), ['private', 'public'])
    t.match(await km.verifyAudit(), { problems: [] })
  })
})
