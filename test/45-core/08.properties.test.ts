import fc from 'fast-check'
import t from 'tap'
import type { ErrorCode, Session, State } from '../../lib/index.js'
import { KeyHouse, outcome } from '../support/key_house.js'

/** What the model knows of one version of the key. */
interface Version {
  readonly id: string
  state: State
  /** Whether it was ever Active. */
  activated: boolean
  readonly records: Buffer[]
}

const state: ErrorCode = 'MORTISE_KEY_STATE'
const plaintext = Buffer.from('data')
const compromised: Partial<Record<State, State>> = { Destroyed: 'DestroyedCompromised' }
const destroyed: Partial<Record<State, State>> = {
  PreActive: 'Destroyed',
  Deactivated: 'Destroyed',
  Compromised: 'DestroyedCompromised',
}
const processing: readonly State[] = ['Active', 'Deactivated', 'Compromised']
const gone: readonly State[] = ['Destroyed', 'DestroyedCompromised']

/** One key with all its versions as it is in the store, and beside it as it should be. */
class Twin {
  readonly versions: Version[]
  /** Whether bob has Encrypt and Decrypt on the key. */
  #granted = false
  readonly #ann: Session
  readonly #bob: Session

  private constructor(ann: Session, bob: Session, first: Version) {
    this.#ann = ann
    this.#bob = bob
    this.versions = [first]
  }

  static async make(ann: Session, bob: Session, activate: boolean, length: number): Promise<Twin> {
    const { id } = await ann.createKey({ algorithm: 'AES', length, activate })
    const first: Version = { id, state: activate ? 'Active' : 'PreActive', activated: activate, records: [] }
    return new Twin(ann, bob, first)
  }

  /** Each step does something to one version and returns what came of it and what should have. */
  readonly steps = {
    activate: async (on: Version) => {
      const expected = on.state === 'PreActive' ? 'ok' : state
      const actual = await outcome(this.#ann.activate(on.id))
      if (expected === 'ok') Object.assign(on, { state: 'Active', activated: true })
      return [actual, expected]
    },
    deactivate: async (on: Version) => {
      const expected = on.state === 'Active' ? 'ok' : state
      const actual = await outcome(this.#ann.revoke(on.id))
      if (expected === 'ok') on.state = 'Deactivated'
      return [actual, expected]
    },
    compromise: async (on: Version) => {
      const expected = ['Compromised', 'DestroyedCompromised'].includes(on.state) ? state : 'ok'
      const actual = await outcome(this.#ann.revoke(on.id, 'KeyCompromise'))
      if (expected === 'ok') on.state = compromised[on.state] ?? 'Compromised'
      return [actual, expected]
    },
    destroy: async (on: Version) => {
      const next = destroyed[on.state]
      const actual = await outcome(this.#ann.destroy(on.id))
      on.state = next ?? on.state
      return [actual, next ? 'ok' : state]
    },
    rekey: async (on: Version) => {
      const newest = this.versions.at(-1) === on
      const expected = newest && !gone.includes(on.state) ? 'ok' : state
      const actual = await outcome(async () => {
        const { id } = (await this.#ann.rekey(on.id)).replacement
        // The activation date goes on to the next version, where there is one.
        const { activated } = on
        this.versions.push({ id, state: activated ? 'Active' : 'PreActive', activated, records: [] })
      })
      return [actual, expected]
    },
    encrypt: async (on: Version) => {
      const actual = await outcome(async () => on.records.push(await this.#ann.encrypt(on.id, plaintext)))
      return [actual, on.state === 'Active' ? 'ok' : state]
    },
    /** Every record of the version, through the id of another version as well. */
    decrypt: async (on: Version, by: Version) => {
      const opened = await Promise.all(
        on.records.flatMap((record) => [on, by].map(({ id }) => outcome(this.#opens(this.#ann, id, record)))),
      )
      const expected = processing.includes(on.state) ? 'ok' : state
      return [opened.find((one) => one !== expected) ?? expected, expected]
    },
    grant: async (on: Version) => {
      const actual = await outcome(this.#ann.grant(on.id, { principal: 'bob' }, ['Encrypt', 'Decrypt']))
      const expected = gone.includes(on.state) ? state : 'ok'
      if (expected === 'ok') this.#granted = true
      return [actual, expected]
    },
    withdraw: async (on: Version) => {
      const actual = await outcome(this.#ann.withdraw(on.id, { principal: 'bob' }))
      const expected = gone.includes(on.state) ? state : 'ok'
      if (expected === 'ok') this.#granted = false
      return [actual, expected]
    },
    'encrypt as bob': async (on: Version) => {
      const actual = await outcome(async () => on.records.push(await this.#bob.encrypt(on.id, plaintext)))
      return [actual, this.#granted ? (on.state === 'Active' ? 'ok' : state) : 'MORTISE_KEY_NOT_FOUND']
    },
  } satisfies Record<string, (on: Version, by: Version) => Promise<string[]>>

  async #opens(who: Session, id: string, record: Buffer): Promise<void> {
    if (!(await who.decrypt(id, record)).equals(plaintext)) throw new Error('another plaintext')
  }

  /** What differs between the store and the model. */
  async differences(): Promise<string[]> {
    const { items } = await this.#ann.locate({ family: this.versions[0]?.id ?? '' })
    const found = new Map(items.map((item) => [item.id, item]))
    return this.versions.flatMap(({ id, state }, i) => {
      const item = found.get(id)
      return item?.state === state && item.keyVersion === i + 1
        ? []
        : [`${id} is ${item?.state}, not ${state}`]
    })
  }
}

type Step = keyof Twin['steps']
const steps: readonly Step[] = [
  'activate',
  'deactivate',
  'compromise',
  'destroy',
  'rekey',
  'encrypt',
  'decrypt',
  'grant',
  'withdraw',
  'encrypt as bob',
]

t.test('whatever is done to a key in whatever order, it goes by the model', async (t) => {
  const house = await KeyHouse.build(t)
  const [ann, bob] = [await house.as('ann'), await house.as('bob')]
  const step = fc.record({ step: fc.constantFrom(...steps), on: fc.nat(20), by: fc.nat(20) })
  const life = fc.record({
    activate: fc.boolean(),
    length: fc.constantFrom(128, 192, 256),
    script: fc.array(step, { minLength: 5, maxLength: 30 }),
  })
  await fc.assert(
    fc.asyncProperty(life, async ({ activate, length, script }) => {
      const twin = await Twin.make(ann, bob, activate, length)
      const pick = (n: number) => twin.versions[n % twin.versions.length] as Version
      for (const [i, { step, on, by }] of script.entries()) {
        const [actual, expected] = await twin.steps[step](pick(on), pick(by))
        if (actual !== expected) throw new Error(`step ${i}, ${step}: ${actual}, not ${expected}`)
      }
      const differences = await twin.differences()
      if (differences.length > 0) throw new Error(differences.join('; '))
    }),
    { numRuns: 60, endOnFailure: true },
  )
  t.strictSame((await house.km.verifyAudit()).problems, [])
})
