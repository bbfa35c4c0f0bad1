import t, { type Test } from 'tap'
import { Accounts } from '../../lib/access/accounts.js'
import { Groups, newGroup } from '../../lib/access/groups.js'
import { Memberships } from '../../lib/access/memberships.js'
import { newPrincipal } from '../../lib/access/principals.js'
import type { RecordWrite } from '../../lib/operation/index.js'
import { TestClock } from '../support/clock.js'
import { KeyHouse } from '../support/key_house.js'
import { timed } from '../support/timed.js'

const people = 100_000
const teams = 10_000
const batch = 1000
const password = 'correct horse battery'

const nameOf = (i: number) => `user-${String(i).padStart(6, '0')}`
const teamOf = (i: number) => `team-${String(i).padStart(5, '0')}`

/** Registers them as if each had been: ten to a team, every tenth in one large group as well. */
async function stock(house: KeyHouse, clock: TestClock): Promise<void> {
  const inside = await house.inside()
  const { barrier, store } = inside
  const accounts = new Accounts(store, barrier, clock)
  const groups = new Groups(store, barrier)
  const memberships = new Memberships(store, barrier)
  const large = newGroup({ name: 'large' }, clock.now())
  await inside.apply({ records: groups.write(large) })
  let team = large
  for (let from = 0; from < people; from += batch) {
    const records: RecordWrite[] = []
    const joins: Promise<RecordWrite>[] = []
    for (let i = from; i < from + batch; i++) {
      const { principal, rows } = newPrincipal(barrier, { name: nameOf(i) })
      records.push(...(rows.records ?? []))
      if (i % (people / teams) === 0) {
        team = newGroup({ name: teamOf((i * teams) / people) }, clock.now())
        records.push(...groups.write(team))
      }
      joins.push(memberships.add(team.id, principal.id))
      if (i % 10 !== 0) continue
      joins.push(memberships.add(large.id, principal.id))
      records.push(...(await accounts.create(principal.id, { email: `${nameOf(i)}@example.org` })))
    }
    await inside.apply({ records: [...records, ...(await Promise.all(joins))] })
  }
}

async function pages(t: Test, house: KeyHouse): Promise<void> {
  const admin = await house.administrator()
  const users = (what: string, query: Parameters<typeof admin.users>[0]) =>
    timed(t, what, () => admin.users(query))
  t.ok((await users('the first page', { limit: 50 })).total > people)
  const far = await users('a page in the middle', { skip: people / 2, limit: 50, withGroups: true })
  t.match(far.users[0]?.groups?.at(-1), /^team-\d{5}$/)
  t.match(await users('by name', { name: 'USER-054321' }), { total: 1, users: [{ name: 'user-054321' }] })
  t.match(await users('by e-mail address', { email: 'user-000070@example.org' }), {
    total: 1,
    users: [{ name: 'user-000070' }],
  })
  t.match(await users('of two groups', { groups: ['large', teamOf(77)] }), { total: 1 })
  t.equal((await users('of one large group', { groups: ['large'], limit: 5 })).total, people / 10)
  t.ok((await users('who has never logged in', { neverLoggedIn: true, limit: 5 })).total >= people)

  const groups = (what: string, query: Parameters<typeof admin.groups>[0]) =>
    timed(t, what, () => admin.groups(query))
  t.ok((await groups('groups', { limit: 50 })).total > teams)
  t.equal((await groups('groups in the middle', { skip: teams / 2, limit: 50 })).groups.length, 50)
  t.match(await groups('a group by name', { name: teamOf(4321) }), { total: 1, groups: [{ members: 10 }] })
  t.match(await groups('groups of somebody', { members: [nameOf(12_340)] }), { total: 2 })
  t.match(await timed(t, 'a large group', () => admin.getGroup('large')), { members: people / 10 })
  const members = await timed(t, 'its members', () => admin.members('large', { limit: 100 }))
  t.equal(members.principals.length, 100)
  t.equal((await admin.members('large', { limit: 100, after: members.next ?? '' })).principals.length, 100)
}

t.test(
  'A hundred thousand people and ten thousand groups are found, let in, decided about and changed',
  async (t) => {
    t.setTimeout(1_200_000)
    const clock = new TestClock()
    const house = await KeyHouse.build(t, { clock, scheduler: false })
    await timed(t, `put ${people} people and ${teams} groups`, () => stock(house, clock))
    await pages(t, house)

    const admin = await house.administrator()
    const name = nameOf(70_000)
    await timed(t, 'a password', () => admin.setPassword(name, password))
    const session = await timed(t, 'a login', () =>
      house.km.authenticate({ name, password }, { face: 'test', request: 'test' }),
    )
    t.equal(session.principal.name, name)

    const { id } = await admin.createKey({ algorithm: 'AES', length: 256, name: 'shared' })
    const may = () => session.get('shared').then(({ id }) => id)
    await t.rejects(may(), { code: 'MORTISE_KEY_NOT_FOUND' })
    await timed(t, 'a grant to a team', () => admin.grant('shared', { group: teamOf(7000) }, ['Get']))
    t.equal(await timed(t, 'used through it', may), id)
    await timed(t, 'taken out of the team', () => admin.removeMember(teamOf(7000), name))
    await t.rejects(may(), { code: 'MORTISE_KEY_NOT_FOUND' })
    await admin.grant('shared', { group: 'large' }, ['Get'])
    t.equal(await timed(t, 'used through the large group', may), id)
    await timed(t, 'one more member', async () =>
      admin.addMember('large', (await house.as('eve')).principal.id),
    )
    await timed(t, 'a person is deleted', () => admin.deletePrincipal(name))
    await t.rejects(may(), { code: 'MORTISE_AUTH_REQUIRED' })
    t.match(await admin.getGroup('large'), { members: people / 10 })
  },
)
