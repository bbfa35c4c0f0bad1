import { join } from 'node:path'
import t from 'tap'
import { admitIdentity } from '../../lib/access/index.js'
import * as barrier from '../../lib/barrier/index.js'
import { type AnyOperation, catalogue } from '../../lib/core/catalogue.js'
import { guarded, isGuarded } from '../../lib/core/guards.js'
import {
  isMortiseError,
  type KeyManager,
  type NewQuorumPolicy,
  type QuorumAct,
  quorumActs,
  type Session,
} from '../../lib/index.js'
import { makeAuthority } from '../15-x509/authority.js'
import { TestClock } from '../support/clock.js'
import { KeyHouse, outcome } from '../support/key_house.js'
import { Remote } from '../support/remote.js'
import { pem } from '../support/tls_clients.js'
import { totpOf } from '../support/totp.js'

const needed = 'MORTISE_QUORUM_REQUIRED'
const material = Buffer.alloc(32, 7)

/** Ann owns keys; three officers approve; root administers, and is none of them. */
class Quorum {
  readonly house: KeyHouse
  readonly clock: TestClock
  ann!: Session
  root!: Session
  officers!: readonly [Session, Session, Session]

  private constructor(house: KeyHouse, clock: TestClock) {
    this.house = house
    this.clock = clock
  }

  static async build(t: Parameters<typeof KeyHouse.build>[0], ...policies: Partial<NewQuorumPolicy>[]) {
    // Of today, for another process goes by the machine's.
    const clock = new TestClock(new Date().toISOString())
    const quorum = new Quorum(await KeyHouse.build(t, { clock, scheduler: false }), clock)
    await quorum.enter()
    await quorum.root.createGroup({ name: 'officers', members: ['one', 'two', 'three'] })
    for (const policy of policies) await quorum.set(policy)
    return quorum
  }

  async enter(km = this.house.km): Promise<void> {
    this.ann = await this.house.as('ann', km)
    this.root = await this.house.administrator(km)
    this.officers = [
      await this.house.as('one', km),
      await this.house.as('two', km),
      await this.house.as('three', km),
    ]
  }

  set(policy: Partial<NewQuorumPolicy>) {
    return this.house.km.asHost().setQuorumPolicy({ act: 'Export', group: 'officers', ...policy })
  }

  /** The id of the request that something is refused for. */
  async asked(work: () => Promise<unknown>): Promise<string> {
    const error = await work().then(
      () => undefined,
      (reason) => reason,
    )
    if (!isMortiseError(error, needed)) throw new Error(`not asked for approvals: ${error}`)
    return String(error.details['quorum'])
  }

  /** Does something that two officers must approve. */
  async approved<T>(work: () => Promise<T>): Promise<T> {
    const request = await this.asked(work)
    for (const officer of this.officers.slice(0, 2)) await officer.approve(request)
    return work()
  }

  key(name: string, more: object = {}) {
    return this.ann.register({
      format: 'raw',
      algorithm: 'AES',
      material,
      name,
      extractable: true,
      sensitive: false,
      ...more,
    })
  }
}

t.test('a key leaves once two others have approved it, once, and the trail has all of it', async (t) => {
  const quorum = await Quorum.build(t, { act: 'Export', approvals: 2 })
  const { ann, root } = quorum
  const [one, two, three] = quorum.officers
  const { id } = await quorum.key('k')
  const error = await ann.export('k').catch((reason) => reason)
  t.match(error, {
    code: needed,
    status: 403,
    message: /Export needs 2 approvals by the group officers \(0 given\)/,
    details: { needed: 2, given: 0, expires: new Date(quorum.clock.now() + 86_400_000).toISOString() },
  })
  const request = error.details.quorum
  t.match(await root.audit({ limit: 1 }), {
    records: [
      {
        operation: 'Export',
        object: id,
        outcome: 'denied',
        code: needed,
        detail: { quorum: request, given: 0 },
      },
    ],
  })

  await t.rejects(ann.approve(request), { code: 'MORTISE_ACCESS_DENIED', message: /its own/ })
  await t.rejects(root.approve(request), { code: 'MORTISE_ACCESS_DENIED', message: /in no group/ })
  await one.approve(request)
  await one.approve(request)
  await t.rejects(ann.export('k'), { code: needed, details: { quorum: request, given: 1 } }, 'twice is once')
  t.match(await three.quorumRequests(), {
    requests: [
      {
        id: request,
        principalName: 'ann',
        operation: 'Export',
        objects: [{ id, name: 'k', keyVersion: 1 }],
        input: {},
        standing: [{ policy: 'Export', groupName: 'officers', needed: 2, given: 1 }],
      },
    ],
  })
  await two.approve(request)
  t.strictSame((await ann.export('k')).material, material)
  t.equal(await outcome(ann.export('k')), needed, 'once')
  const { records } = await root.audit({ limit: 1000 })
  t.match(
    records
      .filter(({ operation }) => operation === 'ApproveQuorumRequest' || operation === 'Export')
      .map(({ operation, outcome, principalName }) => [operation, outcome, principalName]),
    [
      ['Export', 'denied', 'ann'],
      ['Export', 'success', 'ann'],
      ['ApproveQuorumRequest', 'success', 'two'],
      ['Export', 'denied', 'ann'],
      ['ApproveQuorumRequest', 'success', 'one'],
      ['ApproveQuorumRequest', 'success', 'one'],
      ['ApproveQuorumRequest', 'denied', 'root'],
      ['ApproveQuorumRequest', 'denied', 'ann'],
      ['Export', 'denied', 'ann'],
    ],
  )
  t.strictSame(
    records.find(({ operation, outcome }) => operation === 'Export' && outcome === 'success')?.detail,
    {
      format: 'raw',
      quorum: request,
      approvedBy: [one.principal.id, two.principal.id],
    },
  )
  t.match(
    records.find(({ operation }) => operation === 'ApproveQuorumRequest'),
    {
      object: id,
      detail: { quorum: request, principal: ann.principal.id, operation: 'Export', approvals: 2 },
    },
  )
})

t.test('off by default: nothing asks for approvals, and nothing is kept', async (t) => {
  const quorum = await Quorum.build(t)
  await quorum.key('k')
  await t.resolves(quorum.ann.export('k'))
  t.strictSame(await quorum.root.quorumPolicies(), [])
  t.strictSame(await quorum.root.quorumRequests(), { requests: [], next: null })
})

t.test('an approval is for exactly what was asked, by whom and on what', async (t) => {
  const quorum = await Quorum.build(t, { approvals: 1 })
  const { ann, house } = quorum
  const [one] = quorum.officers
  const { id } = await quorum.key('k')
  await quorum.key('other')
  const { id: pair } = (
    await ann.createKeyPair({ algorithm: 'EC', name: 'pair', extractable: true, sensitive: false })
  ).privateKey
  await one.approve(await quorum.asked(() => ann.export('k')))
  t.equal(await outcome(ann.export('other')), needed, 'another key')
  t.equal(await outcome(ann.export('k', { format: 'jwk' })), needed, 'another format')
  await ann.grant('k', { principal: 'bob' }, ['Export']).catch(() => undefined)
  const bob = await house.as('bob')
  await ann.grant('k', { principal: 'bob' }, ['Export'])
  t.equal(await outcome(bob.export('k')), needed, 'somebody else')
  t.equal(await outcome(ann.export('k')), 'ok')
  await one.approve(await quorum.asked(() => ann.export('k')))
  t.equal(await outcome(ann.export(id)), 'ok', 'by name or id: it is the same')
  await one.approve(await quorum.asked(() => ann.export('k')))
  await ann.rekey('k')
  t.equal(await outcome(ann.export('k')), needed, 'the name means another version')
  t.equal(await outcome(ann.export(id)), 'ok')
  const [first, second] = [{ password: 'a password' }, { password: 'another' }]
  const request = await quorum.asked(() => ann.export(pair, first))
  t.match((await one.quorumRequests()).requests.find((one) => one.id === request)?.input, {
    password: 'given',
  })
  await one.approve(request)
  t.equal(await outcome(ann.export(pair)), needed, 'in the clear is another thing')
  t.equal(await outcome(ann.export(pair, second)), 'ok', 'nobody has approved what it was not shown')
})

t.test('what is approved passes every other check, and is not spent by failing', async (t) => {
  const quorum = await Quorum.build(t, { act: 'Destroy', approvals: 1 })
  const { ann } = quorum
  const [one] = quorum.officers
  const { id } = await quorum.key('k')
  t.equal(await outcome(quorum.officers[1].destroy(id)), 'MORTISE_KEY_NOT_FOUND', 'no right, no request')
  await one.approve(await quorum.asked(() => ann.destroy(id)))
  t.equal(await outcome(ann.destroy(id)), 'MORTISE_KEY_STATE')
  await ann.revoke(id)
  t.equal(await outcome(ann.destroy(id)), 'ok')
})

t.test('two at once do it once', async (t) => {
  const quorum = await Quorum.build(t, { approvals: 1 })
  await quorum.key('k')
  const other = await (await quorum.house.open()).as('ann')
  for (let round = 0; round < 5; round++) {
    await quorum.officers[0].approve(await quorum.asked(() => quorum.ann.export('k')))
    const outcomes = await Promise.all(
      [quorum.ann, other, quorum.ann, other].map((session) => outcome(session.export('k'))),
    )
    t.strictSame(outcomes.sort(), [needed, needed, needed, 'ok'])
    const { requests } = await quorum.ann.quorumRequests()
    t.equal(requests.length, 1, 'those who were refused have one request together')
    await quorum.ann.reject(requests[0]?.id ?? '')
  }
})

t.test('an approver counts while it is an enabled member', async (t) => {
  const quorum = await Quorum.build(t, { approvals: 2 })
  const { ann, house } = quorum
  const [one, two, three] = quorum.officers
  const host = house.km.asHost()
  await quorum.key('k')
  const request = await quorum.asked(() => ann.export('k'))
  await one.approve(request)
  await two.approve(request)
  await host.removeMember('officers', 'two')
  await t.rejects(ann.export('k'), { code: needed, details: { quorum: request, given: 1 } })
  await t.rejects(two.approve(request), { code: 'MORTISE_ACCESS_DENIED' })
  t.strictSame((await two.quorumRequests()).requests, [])
  await three.approve(request)
  await host.setPrincipal('one', { enabled: false })
  await t.rejects(ann.export('k'), { code: needed, details: { given: 1 } })
  await host.setPrincipal('one', { enabled: true })
  t.equal(await outcome(ann.export('k')), 'ok')
})

t.test('an approver who has expired does not count', async (t) => {
  const quorum = await Quorum.build(t, { act: 'Export', approvals: 1 })
  await quorum.key('k')
  const request = await quorum.asked(() => quorum.ann.export('k'))
  const [one] = quorum.officers
  await one.approve(request)
  const host = quorum.house.km.asHost()
  await host.setPrincipal('one', { expires: quorum.clock.now() + 1000 })
  quorum.clock.pass(1000)
  t.equal(await outcome(quorum.ann.export('k')), needed)
  await host.setPrincipal('one', { expires: null })
  t.equal(await outcome(quorum.ann.export('k')), 'ok')
})

t.test('an approver who leaves while it is done, in another process, does not count', async (t) => {
  const quorum = await Quorum.build(t, { approvals: 1 })
  const { ann, house } = quorum
  await quorum.key('k')
  const far = await house.open()
  const request = await quorum.asked(() => ann.export('k'))
  await quorum.officers[0].approve(request)
  await far.asHost().setPrincipal('one', { enabled: false })
  t.equal(await outcome(ann.export('k')), needed)
})

t.test('requests expire with their approvals', async (t) => {
  const quorum = await Quorum.build(t, { approvals: 1, lifetime: 3600 })
  const { ann, clock } = quorum
  const [one] = quorum.officers
  await quorum.key('k')
  const request = await quorum.asked(() => ann.export('k'))
  await one.approve(request)
  clock.set(3_599_000)
  t.equal(await quorum.asked(() => ann.export('k', { format: 'jwk' })).then((id) => id === request), false)
  clock.set(1000)
  t.equal(await outcome(one.approve(request)), 'MORTISE_QUORUM_NOT_FOUND')
  const again = await quorum.asked(() => ann.export('k'))
  t.not(again, request)
  await one.approve(again)
  clock.set(3_599_000)
  t.equal(await outcome(ann.export('k')), 'ok')
})

t.test('who approves others does not approve itself', async (t) => {
  const quorum = await Quorum.build(t, { approvals: 1 })
  const [one, two] = quorum.officers
  await quorum.key('k')
  await quorum.ann.grant('k', { principal: 'one' }, ['Export'])
  const request = await quorum.asked(() => one.export('k'))
  await t.rejects(one.approve(request), { code: 'MORTISE_ACCESS_DENIED', message: /its own/ })
  t.equal(await outcome(one.export('k')), needed)
  await two.approve(request)
  t.equal(await outcome(one.export('k')), 'ok')
})

t.test('one rejection ends a request, and whoever made it takes it back', async (t) => {
  const quorum = await Quorum.build(t, { approvals: 1 })
  const { ann, root } = quorum
  const [one, two] = quorum.officers
  await quorum.key('k')
  const first = await quorum.asked(() => ann.export('k'))
  await one.approve(first)
  t.equal(await outcome(root.reject(first)), 'MORTISE_ACCESS_DENIED')
  await two.reject(first)
  const second = await quorum.asked(() => ann.export('k'))
  t.not(second, first)
  await ann.reject(second)
  t.equal(await outcome(one.approve(second)), 'MORTISE_QUORUM_NOT_FOUND')
  t.match(await root.audit({ limit: 2 }), {
    records: [
      { operation: 'ApproveQuorumRequest' },
      { operation: 'RejectQuorumRequest', detail: { quorum: second } },
    ],
  })
})

t.test('one principal has 100 requests pending at most', async (t) => {
  const quorum = await Quorum.build(t, { approvals: 1 })
  await quorum.key('k')
  for (let i = 0; i < 100; i++)
    await quorum.asked(() => quorum.ann.export('k', { password: 'x', [`o${i}`]: i } as never))
  t.equal(await outcome(quorum.ann.export('k')), 'MORTISE_RATE_LIMITED')
  t.equal((await quorum.officers[0].quorumRequests({ limit: 60 })).requests.length, 60)
  const [first] = (await quorum.ann.quorumRequests({ limit: 1 })).requests
  await quorum.ann.reject(first?.id ?? '')
  t.equal(await outcome(quorum.ann.export('k')), needed)
  const huge = { label: 'x'.repeat(70_000) } as never
  t.equal(await outcome(quorum.ann.export('k', huge)), 'MORTISE_INPUT_TOO_LARGE')
})

t.test('every policy about an act asks for its own approvals', async (t) => {
  const quorum = await Quorum.build(t, { approvals: 1 })
  const { ann, root } = quorum
  const [one, two] = quorum.officers
  await group(quorum, 'lawyers', 'lea', 'leo')
  await quorum.set({ group: 'lawyers', approvals: 2, scope: { namePrefix: 'k' } })
  const [lea, leo] = [await quorum.house.as('lea'), await quorum.house.as('leo')]
  await quorum.key('k1')
  await quorum.key('other')
  const request = await quorum.asked(() => ann.export('k1'))
  t.match(await root.quorumRequests(), {
    requests: [{ policies: ['Export', 'Export name:k*'], standing: [{ needed: 1 }, { needed: 2 }] }],
  })
  await one.approve(request)
  await two.approve(request)
  await lea.approve(request)
  t.match(await ann.export('k1').catch((reason) => reason), { details: { needed: 2, given: 1 } })
  await leo.approve(request)
  t.equal(await outcome(ann.export('k1')), 'ok')
  await one.approve(await quorum.asked(() => ann.export('other')))
  t.equal(await outcome(ann.export('other')), 'ok', 'the other one is about other keys')
})

async function group({ root, house }: Quorum, name: string, ...members: string[]): Promise<void> {
  for (const member of members) await house.as(member)
  await root.createGroup({ name, members })
}

/** What each act stands for. Each is refused without approvals, and done with them. */
const acts: Record<QuorumAct, Record<string, (quorum: Quorum) => Promise<() => Promise<unknown>>>> = {
  Export: {
    clear: async (quorum) => {
      await quorum.key('k')
      return () => quorum.ann.export('k')
    },
    'under a password': async ({ ann }) => {
      const { id } = (await ann.createKeyPair({ algorithm: 'EC', extractable: true, sensitive: false }))
        .privateKey
      return () => ann.export(id, { password: 'a password' })
    },
    wrapped: async (quorum) => {
      await quorum.key('k')
      const { id } = await quorum.ann.createKey({ algorithm: 'AES', usage: ['WrapKey', 'UnwrapKey'] })
      return () => quorum.ann.export('k', { wrapping: { key: id, method: 'AES-KWP' } })
    },
    'as shares': async (quorum) => {
      await quorum.key('k')
      return () => quorum.ann.splitKey('k', { parts: 2, extractable: true })
    },
    'secret data': async ({ ann }) => {
      const { id } = await ann.registerObject({
        type: 'SecretData',
        material,
        extractable: true,
        sensitive: false,
      })
      return () => ann.export(id)
    },
  },
  ExportDataKey: {
    new: async ({ ann }) => {
      await ann.createKey({ algorithm: 'AES', name: 'w', usage: ['WrapKey', 'UnwrapKey'] })
      return () => ann.generateWrappedDataKey('w', { plaintext: true })
    },
    again: async ({ ann }) => {
      await ann.createKey({ algorithm: 'AES', name: 'w', usage: ['WrapKey', 'UnwrapKey'] })
      const { wrapped } = await ann.generateWrappedDataKey('w')
      return () => ann.exportDataKey('w', wrapped)
    },
  },
  Destroy: {
    'at once': async ({ ann }) => {
      const { id } = await ann.createKey({ algorithm: 'AES', activate: false })
      return () => ann.destroy(id)
    },
    'on a day': async ({ ann }) => {
      const { id } = await ann.createKey({ algorithm: 'AES', activate: false })
      return () => ann.destroy(id, { afterDays: 7 })
    },
  },
  ChangeBarrier: {
    'root key':
      async ({ root }) =>
      () =>
        root.rotateRoot({ hex: 'ab'.repeat(32) }),
    keyring:
      async ({ root }) =>
      () =>
        root.rotateKeyring(),
    retire:
      async ({ root }) =>
      () =>
        root.retireKeyring(),
  },
  ChangeAuthorities: {
    'self-signed': async ({ root }) => {
      await root.createAuthority({ name: 'ca', subject: 'CN=ca' })
      return () => root.selfSign('ca')
    },
    installed: async ({ root, house }) => {
      await house.km.asHost().createAuthority({ name: 'parent', subject: 'CN=parent' })
      await house.km.asHost().selfSign('parent')
      const { request } = await root.createAuthority({ name: 'ca', subject: 'CN=ca' })
      await house.km.ensurePrincipal({ name: 'olga', roles: ['ca-officer'] })
      const olga = await house.km.as('olga')
      const issued = await olga.certify('parent', { profile: 'ca', request: request ?? '' })
      return () => root.installCertificate('ca', { certificate: issued.certificate ?? '' })
    },
    registered: async ({ root, house }) => {
      await house.km.asHost().createAuthority({ name: 'ca', subject: 'CN=ca' })
      const { certificate } = await house.km.asHost().selfSign('ca')
      return () => root.registerAuthority({ certificate: certificate ?? '' })
    },
    deleted: async ({ root }) => {
      await root.createAuthority({ name: 'ca', subject: 'CN=ca' })
      return () => root.deleteAuthority('ca')
    },
  },
  ChangeAdministrators: {
    made:
      async ({ root }) =>
      () =>
        root.createPrincipal({ name: 'eve', roles: ['administrator'] }),
    'made as a client':
      async ({ root }) =>
      () =>
        root.createClient({ name: 'eve', roles: ['administrator'] }),
    promoted:
      async ({ root }) =>
      () =>
        root.setPrincipal('ann', { roles: ['administrator'] }),
    demoted: async ({ root, house }) => {
      await administrator(house.km, 'eve')
      return () => root.setPrincipal('eve', { roles: [] })
    },
    disabled: async ({ root, house }) => {
      await administrator(house.km, 'eve')
      return () => root.setPrincipal('eve', { enabled: false })
    },
    'enabled through a group': async ({ root, house }) => {
      const host = house.km.asHost()
      await host.addMember('admin', 'ann')
      await host.setPrincipal('ann', { enabled: false })
      return () => root.setPrincipal('ann', { enabled: true })
    },
    'let in':
      async ({ root }) =>
      () =>
        root.addMember('admin', 'ann'),
    'shut out': async ({ root, house }) => {
      await house.km.asHost().addMember('admin', 'ann')
      return () => root.removeMember('admin', 'ann')
    },
    'a group of them':
      async ({ root }) =>
      () =>
        root.createGroup({ name: 'g', roles: ['administrator'] }),
    'a group that becomes one': async ({ root }) => {
      await root.createGroup({ name: 'g', members: ['ann'] })
      return () => root.setGroup('g', { roles: ['administrator'] })
    },
    'a group that was one': async ({ root, house }) => {
      await house.km.asHost().createGroup({ name: 'g', roles: ['administrator'] })
      return () => root.setGroup('g', { roles: [] })
    },
    'a group that goes': async ({ root, house }) => {
      await house.km.asHost().createGroup({ name: 'g', roles: ['administrator'] })
      return () => root.deleteGroup('g')
    },
    'a password of one': async ({ root, house }) => {
      await administrator(house.km, 'eve')
      return () => root.setPassword('eve', 'a password of hers')
    },
    'a token of one': async ({ root, house }) => {
      await administrator(house.km, 'eve')
      return () => root.createToken({ principal: 'eve' })
    },
    'a secret of one': async ({ root, house }) => {
      await house.km.asHost().createClient({ name: 'eve', roles: ['administrator'] })
      return () => root.rotateClientSecret('eve')
    },
    'an identity of one': async ({ root, house }) => {
      await administrator(house.km, 'eve')
      await root.createConnection(corp)
      return () => root.linkIdentity({ connection: 'corp', subject: 'mine', principal: 'eve' })
    },
    'where one comes from': async ({ root, house }) => {
      await administrator(house.km, 'eve')
      await root.createConnection(corp)
      await root.linkIdentity({ connection: 'corp', subject: 'hers', principal: 'eve' })
      return () => root.setConnection('corp', { settings: { issuer: 'https://mine.example' } })
    },
    'the certificate of one': async ({ root, house }) => {
      await administrator(house.km, 'eve')
      return () => root.setPrincipal('eve', { certificateSubject: 'CN=mine' })
    },
    'one that expires': async ({ root, house }) => {
      await administrator(house.km, 'eve')
      const expires = Date.now() + 86_400_000
      return () => root.setPrincipal('eve', { expires })
    },
    'one that is deleted': async ({ root, house }) => {
      await administrator(house.km, 'eve')
      return () => root.deletePrincipal('eve')
    },
    'whoever a connection calls one':
      async ({ root }) =>
      () =>
        root.createConnection({ ...corp, groups: { staff: 'admin' } }),
    'what locks one': async ({ root }) => {
      await root.createPasswordPolicy({ name: 'root' })
      return () => root.setPasswordPolicy('root', { lockoutThresholds: [] })
    },
    'a second factor of one': async ({ root, house }) => {
      await administrator(house.km, 'eve')
      const factor = await enrol(await house.km.as('eve'))
      return () => root.removeFactor(factor, 'eve')
    },
  },
}

const corp = { name: 'corp', kind: 'oidc', settings: { issuer: 'https://id.example.org' } } as const

async function administrator(km: KeyManager, name: string): Promise<void> {
  await km.ensurePrincipal({ name, roles: ['administrator'] })
}

/** The id of an authenticator app that somebody has now. */
async function enrol(session: Session): Promise<string> {
  const { id, uri } = await session.enrolTotp()
  await session.confirmTotp(id, totpOf(uri))
  return id
}

for (const act of quorumActs) {
  for (const [way, begin] of Object.entries(acts[act])) {
    t.test(`${act}: ${way}`, async (t) => {
      const quorum = await Quorum.build(t)
      const work = await begin(quorum)
      for (const other of quorumActs) if (other !== act) await quorum.set({ act: other, approvals: 3 })
      await quorum.set({ act })
      await t.resolves(quorum.approved(work))
    })
  }
}

t.test('what lets nothing out and changes no administrator needs no approvals', async (t) => {
  const quorum = await Quorum.build(t, ...quorumActs.map((act) => ({ act })))
  const { ann, root } = quorum
  await ann.createKeyPair({ algorithm: 'EC', name: 'pair', publicName: 'public' })
  await ann.createKey({ algorithm: 'AES', name: 'w', usage: ['WrapKey', 'UnwrapKey'] })
  await quorum.key('k')
  const works = {
    'a public key': () => ann.export('public'),
    'a data key that stays native': async () => (await ann.generateDataKey('w')).cipher.close(),
    'a wrapped data key': () => ann.generateWrappedDataKey('w'),
    'shares that stay': () => ann.splitKey('k', { parts: 2 }),
    'use of a key': async () => ann.encrypt('k', Buffer.from('x')),
    'a lease': async () => (await ann.openCipher('k')).close(),
    revocation: () => ann.revoke('k'),
    'an attribute': () => ann.setAttribute('w', 'Comment', 'x'),
    'a name where no policy has a scope': () => ann.setAttribute('w', 'Name', 'v'),
    resealing: () => root.reseal(),
    'a user': () => root.createPrincipal({ name: 'eve' }),
    'a client': () => root.createClient({ name: 'robot' }),
    'its secret': () => root.rotateClientSecret('robot'),
    'what a user may do': () => root.setPrincipal('eve', { permissions: [] }),
    'a user of no importance': () => root.setPassword('eve', 'a password of hers'),
    'the own token': () => root.createToken(),
    'a second factor of such a user': async () =>
      root.removeFactor(await enrol(await quorum.house.km.as('eve')), 'eve'),
    'an own one': async () => root.removeFactor(await enrol(root)),
    'a connection': () => root.createConnection(corp),
    'an identity of such a user': () =>
      root.linkIdentity({ connection: 'corp', subject: '1', principal: 'eve' }),
    'the settings of a connection that nobody else comes through': () =>
      root.setConnection('corp', { settings: { issuer: 'https://other.example' } }),
    'that identity': () => root.unlinkIdentity({ connection: 'corp', subject: '1' }),
    'the end of the connection': () => root.deleteConnection('corp'),
    'how long passwords are': () => root.setPasswordPolicy('global', { minimumLength: 13 }),
    'an own certificate': () => root.setPrincipal('root', { certificateSubject: 'CN=root' }),
    'a lock of such a user': () => root.setPrincipal('eve', { unlock: true }),
    'another group': () => root.createGroup({ name: 'g', members: ['eve'] }),
    'its member': () => root.addMember('g', 'ann'),
    'its name': () => root.setGroup('g', { name: 'h' }),
    'its end': () => root.deleteGroup('h'),
    'the end of such a user': () => root.deletePrincipal('eve'),
    'the name of the approvers': () => root.setGroup('officers', { name: 'approvers' }),
    'a backup': () =>
      root.backup(join(quorum.house.directory, 'backup'), { passphrase: 'a passphrase for it' }),
  }
  for (const [what, work] of Object.entries(works)) t.equal(await outcome(work()), 'ok', what)
})

t.test('a destruction that was approved is done on its day, and can be called off by one', async (t) => {
  const quorum = await Quorum.build(t, { act: 'Destroy' })
  const { ann, clock, house } = quorum
  const [first, second] = await Promise.all([
    ann.createKey({ algorithm: 'AES', activate: false }),
    ann.createKey({ algorithm: 'AES', activate: false }),
  ])
  for (const { id } of [first, second]) await quorum.approved(() => ann.destroy(id, { afterDays: 7 }))
  await ann.cancelDestroy(second.id)
  clock.set(8 * 86_400_000)
  await house.km.runDueJobs()
  t.match(await ann.get(first.id), { state: 'Destroyed' })
  t.match(await ann.get(second.id), { state: 'PreActive' })
})

t.test('a key does not leave the scope of a policy without its approvals', async (t) => {
  const quorum = await Quorum.build(t, { scope: { namePrefix: 'pay/' } }, { scope: { objectGroup: 'vault' } })
  const { ann } = quorum
  const { id } = await quorum.key('pay/1')
  await quorum.key('free')
  await quorum.key('grouped', { attributes: { ObjectGroup: ['vault'] } })
  t.equal(await outcome(ann.export('free')), 'ok')
  t.equal(await outcome(ann.export('pay/1')), needed)
  t.equal(await outcome(ann.export('grouped')), needed)
  const { replacement } = await ann.rekey('pay/1')
  t.equal(await outcome(ann.export(id)), needed, 'an older version is of the same key')
  await t.resolves(ann.export('free'))
  const escapes = {
    renamed: () => ann.setAttribute('pay/1', 'Name', 'x'),
    modified: () => ann.modifyAttribute('pay/1', 'Name', 'x'),
    unnamed: () => ann.deleteAttribute('pay/1', 'Name'),
    'an older version with a name of its own': () => ann.addAttribute(id, 'Name', 'x'),
    'out of the group': () => ann.deleteAttribute('grouped', 'ObjectGroup'),
    'into another': () => ann.modifyAttribute('grouped', 'ObjectGroup', 'x'),
  }
  for (const [how, leave] of Object.entries(escapes)) t.equal(await outcome(leave()), needed, how)
  await ann.revoke(replacement.id)
  await ann.destroy(replacement.id)
  t.equal(await outcome(ann.export(id)), needed, 'the name stays with what is destroyed')
  await t.resolves(quorum.approved(() => ann.deleteAttribute('grouped', 'ObjectGroup')))
  t.equal(await outcome(ann.export('grouped')), 'ok')
})

t.test('a policy guards itself, its approvers and those who are approvers', async (t) => {
  const quorum = await Quorum.build(t, { act: 'Export', approvals: 2 })
  const { root, house } = quorum
  const two = { act: 'Export', group: 'officers' } as const
  const factor = await enrol(quorum.officers[0])
  const host = house.km.asHost()
  await root.createConnection(corp)
  await root.createConnection({ ...corp, name: 'other' })
  await host.linkIdentity({ connection: 'corp', subject: '1', principal: 'one' })
  await host.createPasswordPolicy({ name: 'officers' })
  await host.setPrincipal('two', { passwordPolicy: 'officers', certificateSubject: 'CN=two' })
  const { client } = await host.createClient({ name: 'robot' })
  await host.addMember('officers', client.id)
  const authorities = pem(makeAuthority('mine').der)
  const certificates = (name: string, subject: string) =>
    ({ name, kind: 'certificate', settings: { authorities, subject } }) as const
  await host.createConnection(certificates('accounts', 'account'))
  await host.createConnection(certificates('names', 'dn'))
  const identity = { connection: 'corp', subject: 'mine' }
  const works = {
    removal: () => root.removeQuorumPolicy({ act: 'Export' }),
    change: () => root.setQuorumPolicy({ ...two, approvals: 1 }),
    'a new approver': () => root.addMember('officers', 'root'),
    'an approver who goes': () => root.removeMember('officers', 'three'),
    'the password of an approver': () => root.setPassword('one', 'a password of mine'),
    'a token of an approver': () => root.createToken({ principal: 'one' }),
    'a secret of a client that approves': () => root.rotateClientSecret('robot'),
    'a second factor of an approver': () => root.removeFactor(factor, 'one'),
    'an identity of an approver': () => root.linkIdentity({ ...identity, principal: 'one' }),
    'the one that it has': () => root.unlinkIdentity({ connection: 'corp', subject: '1' }),
    'a certificate of an approver': () => root.setPrincipal('one', { certificateSubject: 'CN=mine' }),
    'its ways to log in': () => root.setPrincipal('one', { methods: null }),
    'its lock': () => root.setPrincipal('one', { unlock: true }),
    'its password policy': () => root.setPrincipal('one', { passwordPolicy: 'officers' }),
    'what locks it': () => root.setPasswordPolicy('global', { lockoutThresholds: [] }),
    'what locks another': () => root.setPasswordPolicy('officers', { lockoutWindowMinutes: 1 }),
    'that there is that policy': () => root.deletePasswordPolicy('officers'),
    'the end of an approver': () => root.deletePrincipal('one'),
    'where an approver comes from': () =>
      root.setConnection('corp', { settings: { issuer: 'https://mine.example' } }),
    'a connection with all who come through it': () => root.deleteConnection('corp', { force: true }),
    'that anybody comes from there': () => root.setConnection('corp', { enabled: true }),
    'who is in the group elsewhere': () => root.setConnection('other', { groups: { staff: 'officers' } }),
    'whose certificates are those of approvers': () =>
      root.createConnection({ name: 'clients', kind: 'certificate', settings: { authorities } }),
    'who signs these': () => root.setConnection('accounts', { settings: { authorities } }),
    'that they are theirs': () => root.setConnection('names', { settings: { subject: 'account' } }),
    'that they are not': () => root.setConnection('accounts', { settings: { subject: 'dn' } }),
    'a connection into the group': () =>
      root.createConnection({ ...corp, name: 'third', groups: { staff: 'officers' } }),
  }
  for (const [what, work] of Object.entries(works)) t.equal(await outcome(work()), needed, what)
  const unguarded = {
    'what a connection is called': () => root.setConnection('corp', { description: 'x' }),
    'that nobody comes through it': () => root.setConnection('corp', { enabled: false }),
    'certificates of nobody who is linked': () => root.createConnection(certificates('more', 'cn')),
    'who signs them': () => root.setConnection('names', { settings: { authorities } }),
    'another connection': () => root.setConnection('other', { registers: true }),
    'another password policy': () => root.createPasswordPolicy({ name: 'clerks', lockoutThresholds: [] }),
    'what an approver is called': () => root.setPrincipal('one', { fullName: 'One' }),
  }
  for (const [what, work] of Object.entries(unguarded)) t.equal(await outcome(work()), 'ok', what)
  await host.setConnection('other', { groups: { staff: 'officers' } })
  t.equal(
    await outcome(
      root.run(admitIdentity, { connection: 'other', subject: '2', profile: { groups: ['staff'] } }),
    ),
    needed,
    'letting somebody in by hand',
  )
  t.equal(await outcome(root.deleteGroup('officers')), 'MORTISE_GROUP_APPROVES')
  t.equal(await outcome(root.removeMember('admin', 'ann')), 'ok', 'other groups are no business of it')
  await t.resolves(root.setQuorumPolicy({ ...two, act: 'Destroy' }), 'another act')
  await t.resolves(quorum.approved(works.removal))
  t.match(await root.quorumPolicies(), [{ act: 'Destroy', groupName: 'officers' }])
  t.equal(await outcome(root.removeQuorumPolicy({ act: 'Export' })), 'MORTISE_QUORUM_NOT_FOUND')
  t.equal(
    await outcome(house.km.asHost().removeQuorumPolicy({ act: 'Destroy' })),
    'ok',
    'the process is the way out',
  )
  await t.resolves(root.deleteGroup('officers'))
})

t.test('policies that cannot be, and who may set them', async (t) => {
  const quorum = await Quorum.build(t)
  const { root, ann } = quorum
  const policy = { act: 'Export', group: 'officers' } as const
  t.equal(await outcome(ann.setQuorumPolicy(policy)), 'MORTISE_ACCESS_DENIED')
  t.equal(await outcome(ann.quorumPolicies()), 'MORTISE_ACCESS_DENIED')
  for (const wrong of [
    { act: 'Encrypt' as 'Export' },
    { approvals: 0 },
    { approvals: 21 },
    { approvals: 1.5 },
    { approvals: 4 },
    { lifetime: 59 },
    { lifetime: 2_592_001 },
    { scope: { namePrefix: '' } },
    { scope: { namePrefix: undefined, objectGroup: '' } as never },
    { act: 'ChangeBarrier', scope: { namePrefix: 'a' } } as const,
  ]) {
    t.equal(
      await outcome(root.setQuorumPolicy({ ...policy, ...wrong })),
      'MORTISE_INPUT_INVALID',
      JSON.stringify(wrong),
    )
  }
  t.equal(await outcome(root.setQuorumPolicy({ ...policy, group: 'nobody' })), 'MORTISE_GROUP_NOT_FOUND')
  await root.addMember('officers', 'root')
  t.equal(
    await outcome(root.setQuorumPolicy({ ...policy, approvals: 4 })),
    'MORTISE_INPUT_INVALID',
    'whoever sets it is not one of those who could approve',
  )
  await root.setPrincipal('three', { enabled: false })
  t.equal(
    await outcome(root.setQuorumPolicy({ ...policy, approvals: 3 })),
    'MORTISE_INPUT_INVALID',
    'nor who is disabled',
  )
  t.strictSame(await root.setQuorumPolicy(policy), {
    act: 'Export',
    scope: null,
    approvals: 2,
    group: (await root.getGroup('officers')).id,
    lifetime: 86_400,
  })
})

t.test('another process sees a policy with its next act, and approvals too', async (t) => {
  const quorum = await Quorum.build(t)
  const { house, root } = quorum
  const far = await Remote.process(t, house)
  await quorum.key('k')
  const leaves = () => outcomeThere(far.call('ann', 'export', 'k'))
  t.equal(await leaves(), 'ok')
  for (let round = 0; round < 5; round++) {
    await root.setQuorumPolicy({ act: 'Export', group: 'officers', approvals: 1 })
    t.equal(await leaves(), needed)
    const [request] = (await root.quorumRequests()).requests
    await quorum.officers[1].approve(request?.id ?? '')
    t.equal(await leaves(), 'ok')
    await far.call('one', 'approve', await quorum.asked(() => root.removeQuorumPolicy({ act: 'Export' })))
    await root.removeQuorumPolicy({ act: 'Export' })
    t.equal(await leaves(), 'ok')
  }
})

t.test('a key that another process has put into a scope is in it with the next act', async (t) => {
  const quorum = await Quorum.build(t, { scope: { namePrefix: 'pay/' } })
  const { ann, house } = quorum
  const far = await Remote.process(t, house)
  const { id } = await quorum.key('free')
  await ann.rekey('free')
  t.equal(await outcome(ann.export(id)), 'ok')
  await far.call('ann', 'setAttribute', 'free', 'Name', 'pay/1')
  t.equal(await outcome(ann.export(id)), needed, 'by the name of its newest version')
})

const outcomeThere = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error) => error.code,
  )

t.test('a policy that is changed asks for what it says now', async (t) => {
  const quorum = await Quorum.build(t, { approvals: 1 })
  const { ann } = quorum
  await quorum.key('k')
  const request = await quorum.asked(() => ann.export('k'))
  await quorum.officers[0].approve(request)
  await quorum.set({ approvals: 2 })
  t.match(await ann.export('k').catch((reason) => reason), {
    code: needed,
    details: { quorum: request, given: 1 },
  })
  await quorum.officers[1].approve(request)
  t.equal(await outcome(ann.export('k')), 'ok')
})

t.test('access explain tells of it', async (t) => {
  const quorum = await Quorum.build(t)
  const { ann, root } = quorum
  await quorum.key('k')
  const step = async (operation: string, object?: string, input?: object) => {
    const asked = {
      principal: 'ann',
      operation,
      ...(object && { object }),
      ...(input && { input: { ...input } }),
    }
    const { allowed, code, steps } = await root.explainAccess(asked)
    const { verdict, reason } = steps.find(({ check }) => check === 'quorum') ?? {}
    return { allowed, code, verdict, reason }
  }
  t.match(await step('Export', 'k'), {
    allowed: true,
    verdict: 'allows',
    reason: 'no policy asks for approvals',
  })
  await quorum.set({ approvals: 1 })
  await quorum.set({ act: 'ChangeAdministrators', approvals: 1 })
  t.match(await step('Export', 'k'), {
    allowed: false,
    code: needed,
    verdict: 'refuses',
    reason: 'needs 1 approval by the group officers (0 given)',
  })
  await quorum.officers[0].approve(await quorum.asked(() => ann.export('k')))
  t.match(await step('Export', 'k'), { allowed: true, code: null, verdict: 'allows' })
  t.match(await step('Export', 'k', { format: 'jwk' }), { allowed: false, code: needed })
  t.match(await step('Get', 'k'), { allowed: true, verdict: undefined })
  t.match(await step('CreatePrincipal'), { code: 'MORTISE_ACCESS_DENIED', verdict: 'allows' })
  t.match(await step('AddMember'), { verdict: 'silent', reason: /depends on the input/ })
  t.match(await step('CreateSplitKey'), { verdict: 'silent' })
  t.match(await step('AddMember', undefined, { group: 'admin', principal: 'ann' }), {
    verdict: 'refuses',
  })
})

t.test('what is in the store is sealed: nobody who writes the database approves', async (t) => {
  const quorum = await Quorum.build(t, { approvals: 1 })
  await quorum.key('k')
  await quorum.asked(() => quorum.ann.export('k'))
  const km = await quorum.house.breakIn((database) =>
    database.exec("UPDATE records SET expires = expires + 1 WHERE namespace = 'quorum-request'"),
  )
  await quorum.enter(km)
  t.equal(await outcome(quorum.ann.export('k')), 'MORTISE_BARRIER_INTEGRITY')
  await quorum.enter(
    await quorum.house.breakIn((database) =>
      database.exec("UPDATE records SET key = 'Destroy' WHERE namespace = 'quorum-policy'"),
    ),
  )
  t.equal(await outcome(quorum.ann.export('k')), 'MORTISE_BARRIER_INTEGRITY')
})

t.test('whatever lets somebody in, or a key out, is guarded or said not to be', (t) => {
  const governing = ['GroupManage', 'PrincipalManage', 'TokenManage', 'BarrierManage', 'QuorumManage']
  const letsOut = ['Export', 'ExportDataKey', 'Destroy']
  const every: unknown[] = [...catalogue.values(), ...Object.values(barrier)]
  const unguarded = every.filter(isOperation).filter(({ name, durability, permission }) => {
    const asked = typeof permission === 'function' ? [] : [permission as string]
    const matters = asked.some((one) => governing.includes(one) || letsOut.includes(one))
    return durability === 'synced' && matters && !isGuarded(name)
  })
  t.strictSame(
    unguarded.map(({ name }) => name).sort(),
    [
      ...['CancelDestroy', 'RemoveRootKeys'],
      // They only take away what somebody came in by.
      ...['EndSession', 'RemoveClientSecret', 'RevokeToken'],
      // Whoever a client gets tokens for proves it, and no face takes those.
      'SetClient',
      // Nobody comes in by the key that signs access tokens: they are known by their texts.
      'RenewTokenKey',
      // What gateways elsewhere let through; nobody comes in here by it.
      ...['RegisterOAuthScope', 'SetOAuthScope', 'DeleteOAuthScope', 'RegisterApi', 'SetApi', 'RemoveApi'],
      ...['Application', 'KeyMapping', 'Subscription', 'GatewayPolicy'].flatMap((kind) =>
        ['Add', 'Set', 'Remove'].map((what) => `${what}${kind}`),
      ),
      // It changes nothing but what users are found by.
      'IndexUsers',
      // What is on the token is there for whoever holds its PIN; and what goes there was destroyed here, which is guarded.
      ...['Adopt', 'DestroyOnToken'],
    ].sort(),
    'a new operation goes into lib/core/guards.ts, or here with a reason',
  )
  for (const name of guarded) {
    const operation = catalogue.get(name)
    t.notOk(operation && 'independent' in operation, `${name} is prepared anew with each attempt`)
  }
  t.end()
})

function isOperation(value: unknown): value is AnyOperation {
  return typeof value === 'object' && value !== null && 'permission' in value
}
