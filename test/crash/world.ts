import type { AuditEntry, KeyManager, ObjectInfo, Session, State } from '../../lib/index.js'

/** What is known of one key of many versions: their states, the oldest first, and what everybody may do with it. */
interface Key {
  readonly states: readonly State[]
  readonly granted: readonly string[]
}

/** A key as text, to compare it; the empty text is a key that is not there. */
type View = string
const view = (key: Key | undefined): View => (key ? JSON.stringify([key.states, key.granted]) : '')

/** One operation on one key. */
export interface Step {
  /** The name of the key. */
  readonly name: string
  /** What it makes of the key; undefined where it cannot be done. */
  readonly effect: (key: Key | undefined) => Key | undefined
  readonly work: (session: Session) => Promise<unknown>
  /** The operation that its audit record must name. */
  readonly records?: string
}

const newest = (key: Key) => key.states.at(-1)
const withState = (key: Key, state: State): Key => ({ ...key, states: key.states.with(-1, state) })

/** Every operation that changes a key, by its name. */
export const step = {
  create: (name: string, length = 256): Step => ({
    name,
    effect: (key) => (key ? undefined : { states: ['Active'], granted: [] }),
    work: (session) => session.createKey({ algorithm: 'AES', length, name, description: name }),
  }),
  prepare: (name: string): Step => ({
    name,
    effect: (key) => (key ? undefined : { states: ['PreActive'], granted: [] }),
    work: (session) =>
      session.createKey({ algorithm: 'HMAC-SHA-256', name, description: name, activate: false }),
  }),
  activate: (name: string): Step => ({
    name,
    effect: (key) => (key && newest(key) === 'PreActive' ? withState(key, 'Active') : undefined),
    work: (session) => session.activate(name),
  }),
  rekey: (name: string): Step => ({
    name,
    effect: (key) =>
      key && newest(key) === 'Active' ? { ...key, states: [...key.states, 'Active'] } : undefined,
    work: (session) => session.rekey(name),
  }),
  revoke: (name: string): Step => ({
    name,
    effect: (key) => (key && newest(key) === 'Active' ? withState(key, 'Deactivated') : undefined),
    work: (session) => session.revoke(name),
  }),
  destroy: (name: string): Step => ({
    name,
    effect: (key) => (key && newest(key) === 'Deactivated' ? withState(key, 'Destroyed') : undefined),
    work: (session) => session.destroy(name),
  }),
  grant: (name: string): Step => ({
    name,
    effect: (key) => (key && key.granted.length === 0 ? { ...key, granted: ['Encrypt'] } : undefined),
    work: (session) => session.grant(name, { everyone: true }, ['Encrypt']),
  }),
  withdraw: (name: string): Step => ({
    name,
    effect: (key) => (key && key.granted.length > 0 ? { ...key, granted: [] } : undefined),
    work: (session) => session.withdraw(name, { everyone: true }),
  }),
  encrypt: (name: string): Step => ({
    name,
    effect: (key) => key,
    work: (session) => session.encrypt(name, Buffer.from('data')),
    records: 'Encrypt',
  }),
  lease: (name: string): Step => ({
    name,
    effect: (key) => key,
    work: async (session) => (await session.openCipher(name)).seal(Buffer.from('data')),
    records: 'OpenCipher',
  }),
} as const satisfies Record<string, (name: string, length?: number) => Step>
export type StepName = keyof typeof step

/** What may be in a store after operations of which some were acknowledged and some may have happened. */
export class Possible {
  readonly #keys = new Map<string, readonly (Key | undefined)[]>()
  /** How many records there must be of each operation that changes no key. */
  readonly #records = new Map<string, number>()

  /** It was acknowledged. */
  done({ name, effect, records }: Step): void {
    this.#set(
      name,
      this.#of(name).flatMap((key) => effect(key) ?? []),
    )
    if (records !== undefined) this.#records.set(records, (this.#records.get(records) ?? 0) + 1)
  }

  /** It was begun. */
  perhapsDone({ name, effect }: Step): void {
    this.#set(name, [...this.#of(name), ...this.#of(name).flatMap((key) => effect(key) ?? [])])
  }

  /** How a store differs from everything that it may be; what is wrong with its audit trail. */
  async problems(km: KeyManager, trail: readonly AuditEntry[]): Promise<string[]> {
    const found = await look(km)
    const names = new Set([...this.#keys.keys(), ...found.keys()])
    const differences = [...names].flatMap((name) => {
      const allowed = this.#of(name).map(view)
      const present = view(found.get(name))
      return allowed.includes(present) ? [] : [`${name} is ${present || 'gone'}, not ${allowed.join(' or ')}`]
    })
    for (const [operation, count] of this.#records) {
      const present = trail.filter((record) => record.operation === operation).length
      if (present < count) differences.push(`${count} times ${operation}, of which ${present} are recorded`)
    }
    const { problems } = await km.verifyAudit()
    return [...differences, ...problems.map(({ problem }) => problem)]
  }

  #of(name: string): readonly (Key | undefined)[] {
    return this.#keys.get(name) ?? [undefined]
  }

  #set(name: string, keys: readonly (Key | undefined)[]): void {
    const different = new Map(keys.map((key) => [view(key), key]))
    this.#keys.set(name, [...different.values()])
  }
}

/** Who owns every key here. */
export const owner = 'ann'
/** Of the administrator. */
export const password = 'a password for tests'

/** Every key of the store, as its owner sees it. */
async function look(km: KeyManager): Promise<Map<string, Key>> {
  await km.ensurePrincipal({ name: owner })
  const session = await km.as(owner)
  const versions: ObjectInfo[] = []
  for (let after: string | null | undefined; after !== null; ) {
    const page = await session.locate({ limit: 1000, ...(after !== undefined && { after }) })
    versions.push(...page.items)
    after = page.next
  }
  const families = new Map<string, ObjectInfo[]>()
  for (const version of versions)
    families.set(version.family, [...(families.get(version.family) ?? []), version])
  const keys = await Promise.all(
    [...families].map(async ([family, unordered]): Promise<[string, Key]> => {
      const ordered = unordered.toSorted((a, b) => a.keyVersion - b.keyVersion)
      const destroyed = ordered.every(({ state }) => state === 'Destroyed')
      const grants = destroyed ? [] : await session.grants(family)
      return [
        ordered[0]?.description ?? family,
        {
          states: ordered.map(({ state }) => state),
          granted: grants.flatMap(({ permissions }) => permissions),
        },
      ]
    }),
  )
  return new Map(keys)
}

/** What has succeeded, newest first. */
export async function trailOf(km: KeyManager): Promise<AuditEntry[]> {
  const found: AuditEntry[] = []
  for (let before: number | null | undefined; before !== null; ) {
    const page = await km.asHost().audit({ limit: 1000, ...(before !== undefined && { before }) })
    found.push(...page.records.filter(({ outcome }) => outcome === 'success'))
    before = page.cursor
  }
  return found
}
