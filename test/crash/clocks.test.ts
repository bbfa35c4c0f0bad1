/** The clocks of two key managers on one directory step by hours, both ways, under load. */
import t from 'tap'
import type { Session } from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'

const hour = 3_600_000

/** The system's clock, and so many milliseconds. */
class SteppingClock {
  offset = 0

  now(): number {
    return Date.now() + this.offset
  }
}

t.test('clocks that step by hours both ways under load change no outcome', async (t) => {
  const [clock, other] = [new SteppingClock(), new SteppingClock()]
  const house = await KeyHouse.build(t, { clock })
  const neighbour = await house.open({ clock: other })
  const ann = await house.as('ann')
  const administrator = await house.administrator()
  const sessions = [ann, await neighbour.as('ann')]
  const shared = await ann.createKey({ algorithm: 'AES', name: 'shared' })
  const leases = await Promise.all(sessions.map((session) => session.openCipher(shared.id)))

  const live = async (session: Session, name: string) => {
    const { id } = await session.createKey({ algorithm: 'AES', name })
    const data = Buffer.from(name)
    const record = await session.encrypt(name, data)
    await session.rekey(name)
    t.same(await session.decrypt(name, record), data)
    await session.revoke(id)
    await session.destroy(id)
  }
  let made = 0
  for (const hours of [5, -9, 30, -26, 0]) {
    clock.offset = hours * hour
    other.offset = -hours * hour
    await Promise.all(
      sessions.flatMap((session) => Array.from({ length: 3 }, () => live(session, `key ${made++}`))),
    )
    for (const [i, lease] of leases.entries()) t.ok(lease.seal(Buffer.from('data')), `lease ${i} goes on`)
  }

  // A token ends by the clock of whoever asks.
  const token = await administrator.createToken({ principal: 'ann', expires: clock.now() + hour })
  const prove = () => outcome(house.km.authenticate({ token: token.text }, { face: 'test', request: 'one' }))
  t.equal(await prove(), 'ok')
  clock.offset = 2 * hour
  t.equal(await prove(), 'MORTISE_AUTH_REQUIRED')

  await ann.revoke(shared.id)
  t.strictSame(
    await outcome(() => leases[0]?.seal(Buffer.from('data'))),
    'MORTISE_LEASE_ENDED',
    'a revocation ends leases whatever the clocks say',
  )
  t.equal((await ann.locate({ limit: 1000 })).items.length, 1 + 2 * made, 'no key is missing')
  t.strictSame((await house.km.verifyAudit()).problems, [])
})
