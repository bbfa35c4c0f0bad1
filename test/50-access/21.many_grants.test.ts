import { randomInt } from 'node:crypto'
import t from 'tap'
import { decide, mayKnow, ObjectGrants, type ObjectRights } from '../../lib/access/index.js'
import type { GrantRow, ObjectPermission, Scope, ScopedGrant, Subject } from '../../lib/operation/index.js'
import { ann } from '../support/subject.js'

const rounds = 300
const few: readonly ObjectPermission[] = ['Get', 'Encrypt', 'Sign']
const one = <Item>(items: readonly Item[]) => items[randomInt(items.length)] as Item
const some = <Item>(items: readonly Item[]) => items.filter(() => randomInt(3) === 0)

const names = ['a', 'a/b', 'a/bc', 'b', 'ba/', '\u{1f511}/x']
const groups = ['g1', 'g2', 'g3']

function someone(): Pick<GrantRow, 'granteeKind' | 'grantee'> {
  return one([
    { granteeKind: 'principal', grantee: one(['ann', 'bob', 'g1']) },
    { granteeKind: 'group', grantee: one([...groups, 'ann']) },
    { granteeKind: 'principal', grantee: `p${randomInt(1000)}` },
    ...(randomInt(10) === 0 ? [{ granteeKind: 'everyone', grantee: '' } as const] : []),
  ] as const)
}

const grant = (): GrantRow => ({
  object: 'key',
  ...someone(),
  version: 1,
  permissions: some(few),
  mac: Buffer.alloc(0),
})

const scope = (): Scope =>
  randomInt(2) === 0 ? { namePrefix: one(names) } : { objectGroup: one(['x', 'y', one(names)]) }
const scoped = (): ScopedGrant => ({ ...someone(), scope: scope(), permissions: some(few) })
/** One for each grantee, as the store has them. */
const grants = () => [
  ...new Map(list(grant).map((row) => [`${row.granteeKind} ${row.grantee}`, row])).values(),
]
const list = <Item>(make: () => Item) => Array.from({ length: randomInt(60) }, make)

t.test('a decision among many grants is that of looking at each', async (t) => {
  let [allowed, known] = [0, 0]
  for (let round = 0; round < rounds; round++) {
    const subject: Subject = {
      ...ann,
      groups: new Map(some(groups).map((id) => [id, id])),
      scoped: list(scoped),
    }
    const object: ObjectRights = {
      owner: 'somebody',
      purpose: one(['general', 'general', 'internal']) as ObjectRights['purpose'],
      name: one([null, ...names, 'a/b/c']),
      objectGroups: some(['x', 'y', 'a']),
      grants: new ObjectGrants(grants()),
    }
    const reached = ({ granteeKind, grantee }: Pick<GrantRow, 'granteeKind' | 'grantee'>) =>
      granteeKind === 'everyone' ||
      (granteeKind === 'group' ? subject.groups.has(grantee) : grantee === 'ann')
    const inside = ({ scope }: ScopedGrant) =>
      object.purpose === 'general' &&
      ('namePrefix' in scope
        ? object.name?.startsWith(scope.namePrefix) === true
        : object.objectGroups.includes(scope.objectGroup))
    const all = [
      ...object.grants.rows.filter(reached),
      ...subject.scoped.filter((grant) => reached(grant) && inside(grant)),
    ]
    // For the first time, and again, when the grants on scopes are in order.
    for (let time = 0; time < 3; time++) {
      for (const permission of few) {
        const expected = all.some(({ permissions }) => (permissions as string[]).includes(permission))
        if (expected) allowed++
        if (decide(subject, permission, object).allowed !== expected)
          t.fail('another decision', { time, permission, expected, subject, object })
      }
      if (all.length > 0) known++
      if (mayKnow(subject, object) !== all.length > 0) t.fail('known or not', { time, subject, object })
    }
  }
  for (const [times, of] of [
    [allowed, 9 * rounds],
    [known, 3 * rounds],
  ] as const)
    t.ok(times > 0 && times < of, `${times} of ${of} were so`)
})
