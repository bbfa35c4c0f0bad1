import t from 'tap'
import { isMortiseError } from '../../lib/errors/index.js'
import { native } from '../../lib/native/index.js'
import { isSignature, newEc } from './exercise.js'
import { noRemoting, Remote } from './tokens.js'

/** While there is nobody, or the server is back and has no token yet. */
const gone = /^MORTISE_HSM_(UNAVAILABLE|TOKEN_NOT_FOUND)$/

t.test(
  'a token that is killed under load is refused at once, and comes back by itself',
  { skip: noRemoting },
  async (t) => {
    const remote = new Remote(t)
    await remote.start()
    // One thread: of several that share its socket, p11-kit's client (0.24) sometimes leaves one waiting for ever when the socket ends.
    const token = await native.openPkcs11({ ...remote.options, policy: { threads: 1, deadline: 3000 } })
    const pairs = [await newEc(token), await newEc(token)]
    let valid = 0
    let stop = false
    const codes = new Set<string>()
    const lanes = Array.from({ length: 8 }, async (_, lane) => {
      const pair = pairs[lane % 2] as (typeof pairs)[0]
      const data = Buffer.from([lane])
      while (!stop) {
        try {
          const signature = await token.sign(token.key(pair.privateKey), 'ES256', data, {})
          if (!isSignature(pair.privateKey, data, signature)) t.fail('a signature is wrong')
          valid++
        } catch (error) {
          if (!isMortiseError(error)) throw error
          codes.add(error.code)
          await new Promise((done) => setTimeout(done, 5))
        }
      }
    })
    for (let round = 0; round < 2; round++) {
      await until(() => token.status().state === 'ready' && valid > 0)
      remote.kill()
      await until(() => token.status().state !== 'ready')
      await t.rejects(
        token.sign(token.key((pairs[0] as (typeof pairs)[0]).privateKey), 'ES256', Buffer.from('x'), {}),
        { code: gone },
      )
      t.equal(token.status().queued, 0)
      valid = 0
      // Not by the clock of a busy machine, but by the pool's own: it is tried again and again, a second apart at most, and the first attempt
      // that finds the server back is the last. So it is back within two seconds.
      const attempts = token.status().reinitializations
      const waits: number[] = []
      await until(() => {
        waits.push(token.status().nextAttempt)
        return token.status().reinitializations >= attempts + 5
      })
      t.ok(
        Math.max(...waits) > 0 && Math.max(...waits) <= 1000,
        `the next attempt is ${Math.max(...waits)} ms away`,
      )
      t.equal(valid, 0)
      const { generation } = token.status()
      await remote.start()
      const { reinitializations } = token.status()
      await until(() => valid > 0)
      t.ok(valid > 0, 'it signs again')
      t.ok(
        token.status().reinitializations <= reinitializations + 2,
        'with that one, or the one that was under way',
      )
      t.equal(token.status().nextAttempt, 0)
      t.ok(token.status().generation > generation)
    }
    stop = true
    await Promise.all(lanes)
    t.ok(codes.size > 0)
    for (const code of codes) t.match(code, gone)
    t.match(token.status(), { stuck: 0, queued: 0 })
    t.ok(token.status().reinitializations >= 2)
    await token.close()
  },
)

async function until(met: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !met(); i++) await new Promise((done) => setTimeout(done, 10))
}
