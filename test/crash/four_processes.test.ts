/** Four processes share a directory under load, and agree. */
import t from 'tap'
import type { ObjectInfo } from '../../lib/index.js'
import { KeyHouse } from '../support/key_house.js'
import { Remote } from '../support/remote.js'

const lives = 6
/** Versions that each process adds to the key that all of them rekey. */
const rekeys = 4

const codeOf = (error: unknown) => (error as { code?: string }).code

t.test('four processes share a directory under load, and agree', async (t) => {
  const house = await KeyHouse.build(t)
  const ann = await house.as('ann')
  await house.administrator()
  const shared = await ann.createKey({ algorithm: 'AES', name: 'shared' })
  const doomed = await ann.createKey({ algorithm: 'AES', name: 'doomed' })
  const options = { leaseSeconds: 2 }
  const four = await Promise.all(Array.from({ length: 4 }, () => Remote.process(t, house, options)))

  const live = async (remote: Remote, name: string) => {
    const { id } = (await remote.call('ann', 'createKey', { algorithm: 'AES', name })) as ObjectInfo
    await remote.call('ann', 'encrypt', name, Buffer.from('data'))
    await remote.call('ann', 'grant', id, { everyone: true }, ['Encrypt'])
    await remote.call('ann', 'rekey', name)
    await remote.call('ann', 'revoke', id)
    await remote.call('ann', 'destroy', id)
  }
  const rekeyShared = async (remote: Remote) => {
    for (let i = 0; i < rekeys; i++) await remote.call('ann', 'rekey', 'shared')
  }
  /** The name goes to one of the four. */
  const race = async (name: string) => {
    const asked = four.map((remote) => remote.call('ann', 'createKey', { algorithm: 'AES', name }))
    const settled = await Promise.allSettled(asked)
    t.strictSame(
      settled.flatMap((one) => (one.status === 'rejected' ? codeOf(one.reason) : [])),
      Array.from({ length: 3 }, () => 'MORTISE_NAME_TAKEN'),
      `${name} is one of them's`,
    )
  }
  await Promise.all([
    ...four.flatMap((remote, process) =>
      Array.from({ length: lives }, (_, i) => live(remote, `of ${process} ${i}`)),
    ),
    ...four.map(rekeyShared),
    ...Array.from({ length: 4 }, (_, i) => race(`race ${i}`)),
  ])

  // Each sees the same, and nothing is lost.
  const views = await Promise.all(
    four.map(async (remote) => {
      const { items } = (await remote.call('ann', 'locate', { limit: 1000 })) as {
        items: readonly ObjectInfo[]
      }
      return items.map(({ id, name, state, keyVersion }) => `${id} ${name} ${state} ${keyVersion}`).sort()
    }),
  )
  for (const view of views.slice(1)) t.strictSame(view, views[0], 'all see the same')
  const versions = (await ann.locate({ family: shared.id, limit: 1000 })).items
  t.strictSame(
    versions.map(({ keyVersion }) => keyVersion).sort((a, b) => a - b),
    Array.from({ length: 1 + 4 * rekeys }, (_, i) => i + 1),
    'each rekey made a version of its own',
  )
  t.strictSame(
    versions.flatMap(({ name, keyVersion }) => (name === null ? [] : [keyVersion])),
    [1 + 4 * rekeys],
    'and the newest bears the name',
  )
  t.equal(views[0]?.length, 2 + 4 * rekeys + 4 * lives * 2 + 4, 'no key is missing')

  // A revocation by one ends what the others lease.
  await Promise.all(four.map((remote) => remote.call('ann', 'holdLease', doomed.id)))
  const leases = four.map((remote) => remote.call('ann', 'sealUntilEnded'))
  await four[0]?.call('ann', 'revoke', doomed.id)
  t.strictSame(
    await Promise.all(leases),
    four.map(() => ['MORTISE_LEASE_ENDED']),
    'every lease ends',
  )

  const { chains, problems } = await house.km.verifyAudit()
  t.strictSame(problems, [])
  t.equal(chains, 5, 'the chain of each process, and of this one')
  for (const remote of four) await remote.close()
})
