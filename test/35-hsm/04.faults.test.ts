import { randomBytes } from 'node:crypto'
import t from 'tap'
import { isMortiseError } from '../../lib/errors/index.js'
import { native } from '../../lib/native/index.js'
import { isSignature, newEc } from './exercise.js'
import { noSoftHsm, Shim, softHsm } from './tokens.js'

const signatures = 10_000
const lanes = 24

t.test(
  '10,000 signatures under faults: none wrong, none lost, none of another key',
  { skip: noSoftHsm },
  async (t) => {
    const softhsm = softHsm(t)
    const shim = new Shim(t, softhsm.module)
    const token = await native.openPkcs11({ ...softhsm, module: shim.module, policy: { threads: 4 } })
    const pairs = [await newEc(token), await newEc(token), await newEc(token)]
    const codes = [0xb3, 0x82, 0x101, 0x90, 0x5, 0x31]
    // Each makes everybody wait for the token, longer every time.
    const severe = [0x30, 0xe0, 0x190]
    const calls = ['C_SignInit', 'C_Sign', 'C_FindObjectsInit', 'C_GetAttributeValue', 'C_OpenSession']
    let epoch = 0
    let logouts = 0
    let spoilt = 0
    const spoil = () => {
      const oneOf = (from: readonly number[]) => from[Math.floor(Math.random() * from.length)]
      const rules = calls.map((name) => `${name} rv=${oneOf(codes)} permille=4`)
      if (spoilt++ % 10 === 9) rules[1] = `C_Sign rv=${oneOf(severe)} times=1`
      if (Math.random() < 0.3) epoch++
      if (Math.random() < 0.3) logouts++
      shim.rules(...rules, `epoch=${epoch}`, `logout=${logouts}`)
    }
    spoil()
    const timer = setInterval(spoil, 50)
    let valid = 0
    let left = signatures
    const errors = new Map<string, number>()
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        while (left-- > 0) {
          const pair = pairs[left % pairs.length] as (typeof pairs)[0]
          const data = randomBytes(16)
          try {
            const signature = await token.sign(token.key(pair.privateKey), 'ES256', data, {})
            if (!isSignature(pair.privateKey, data, signature))
              t.fail('a signature is wrong, or of another key')
            valid++
          } catch (error) {
            if (!isMortiseError(error)) throw error
            errors.set(error.code, (errors.get(error.code) ?? 0) + 1)
            // What is refused at once would be asked for all too often.
            await new Promise((done) => setTimeout(done, 5))
          }
        }
      }),
    )
    clearInterval(timer)
    shim.rules()
    const failed = [...errors.values()].reduce((sum, count) => sum + count, 0)
    t.equal(valid + failed, signatures)
    t.ok(valid > signatures / 2, `${valid} signatures, ${failed} errors`)
    t.comment(Object.fromEntries(errors), token.status())
    t.notOk(errors.has('MORTISE_HSM_TIMEOUT'), 'nothing is forgotten until its deadline')
    const known = [
      'MORTISE_HSM_UNAVAILABLE',
      'MORTISE_HSM_REFUSED',
      'MORTISE_HSM_KEY_NOT_FOUND',
      'MORTISE_HSM_BUSY',
    ]
    t.same(
      [...errors.keys()].filter((code) => !known.includes(code)),
      [],
    )
    for (let i = 0; i < 300 && token.status().state !== 'ready'; i++)
      await new Promise((done) => setTimeout(done, 20))
    t.match(token.status(), { state: 'ready', queued: 0, inFlight: 0, stuck: 0 })
    await token.close()
  },
)
