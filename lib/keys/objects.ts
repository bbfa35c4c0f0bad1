import type { Barrier } from '../barrier/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import {
  type Clock,
  encodeSystemRecord,
  type ManagedObject,
  type ObjectRow,
  type Target,
} from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { objectAt } from './dates.js'
import { changedRow, managed, uuid } from './row.js'

/** Rows that are kept, checked and parsed, for their next use. A Change relies on the version, so a stale one conflicts. */
const cachedObjects = 131_072

/** The only tenant today. */
export const domain = 'root'

/** Finds managed objects, checks them against the barrier and keeps the ones in use. */
export class Objects {
  readonly #store: Store
  readonly #barrier: Barrier
  readonly #clock: Clock
  readonly #cache = new Map<string, ManagedObject>()
  readonly #names = new Map<string, string>()
  /** Ids by family and serial: these never change. */
  readonly #versions = new Map<string, string>()
  /** Ids by family: where {@link bearer} found it. */
  readonly #bearers = new Map<string, string>()
  /** Finds the objects of keys that are named by where they are on a token. */
  addressed: (text: string) => Promise<ManagedObject | undefined> = async () => undefined
  /** Counts what was forgotten, so that a load that was under way meanwhile is not kept. */
  #generation = 0

  constructor(store: Store, barrier: Barrier, clock: Clock) {
    this.#store = store
    this.#barrier = barrier
    this.#clock = clock
  }

  /**
   * The object of an id, or the one that bears a name: the newest version of its key, and no older one when that was
   * revoked. Of that key the version that the input names, where it names one. Its state is the one that its dates have
   * brought it to.
   *
   * @throws MORTISE_KEY_NOT_FOUND
   */
  async find(target: Target): Promise<ManagedObject> {
    for (;;) {
      const object = await this.#found(target)
      const present = objectAt(object, this.#clock.now())
      if (present === object) return object
      await this.#keepState(present)
    }
  }

  /** The same without waiting; undefined where it is not in memory. */
  known(target: Target): ManagedObject | undefined {
    const id = uuid.test(target.object) ? target.object : this.#names.get(target.object)
    const object = id === undefined ? undefined : this.#cache.get(id)
    if (!object || objectAt(object, this.#clock.now()) !== object) return undefined
    return (target.version?.(object) ?? object.serial) === object.serial ? object : undefined
  }

  async #found(target: Target): Promise<ManagedObject> {
    if (typeof target.object !== 'string') {
      throw new MortiseError('MORTISE_INPUT_INVALID', 'name the object by its id or name')
    }
    const object = uuid.test(target.object)
      ? await this.byId(target.object)
      : ((await this.#named(target.object)) ?? (await this.addressed(target.object)))
    if (!object) throw new MortiseError('MORTISE_KEY_NOT_FOUND')
    const serial = target.version?.(object) ?? object.serial
    if (serial === object.serial) return object
    // A version that never was is left to fail as a decryption: a forged record learns nothing.
    return (await this.#version(object.family, serial)) ?? object
  }

  /** @throws MORTISE_BARRIER_INTEGRITY */
  async byId(id: string): Promise<ManagedObject | undefined> {
    const cached = this.#cache.get(id)
    if (cached) return cached
    const generation = this.#generation
    const [row] = await this.#store.objects([id])
    if (!row) return undefined
    const object = this.open(row)
    if (generation === this.#generation) this.#keep(object)
    return object
  }

  /** All versions of a key, newest first. */
  async family(family: string): Promise<ManagedObject[]> {
    return (await this.#store.family(family)).map((row) => this.open(row))
  }

  /**
   * The version by whose name and object groups rights on a key are decided: the one that bears the name or, of a key
   * without one, the newest.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async bearer(object: ManagedObject): Promise<ManagedObject> {
    const known = this.knownBearer(object)
    if (known) return known
    const generation = this.#generation
    const family = await this.family(object.family)
    const bearer = family.find(bears) ?? family[0] ?? object
    if (generation === this.#generation) {
      if (this.#bearers.size >= cachedObjects) this.#bearers.clear()
      this.#bearers.set(object.family, bearer.id)
      this.#keep(bearer)
    }
    return bearer
  }

  /** The same without waiting; undefined where it is not in memory. */
  knownBearer(object: ManagedObject): ManagedObject | undefined {
    if (bears(object)) return object
    const known = this.#bearers.get(object.family)
    const bearer = known === undefined ? undefined : this.#cache.get(known)
    // A name that has moved on, or another version, has changed the row.
    return bearer && bears(bearer) ? bearer : undefined
  }

  /** A row as an object. @throws MORTISE_BARRIER_INTEGRITY when it was changed behind the server's back */
  open(row: ObjectRow): ManagedObject {
    this.#barrier.checkObject(row)
    return managed(row)
  }

  forget(id: string): void {
    this.#generation++
    const object = this.#cache.get(id)
    if (object) for (const name of namesOf(object)) this.#names.delete(name)
    this.#cache.delete(id)
  }

  forgetAll(): void {
    this.#generation++
    this.#cache.clear()
    this.#names.clear()
  }

  /** Writes the state that an object was seen in, so that a clock that is set back does not undo it. */
  async #keepState(object: ManagedObject): Promise<void> {
    const { id, state } = object
    try {
      await this.#store.apply({
        objects: [{ row: changedRow(this.#barrier, object, {}) }],
        audit: encodeSystemRecord(this.#clock.now(), 'StateReached', { state }, id),
        durability: 'synced',
      })
    } catch (error) {
      if (!isMortiseError(error, 'MORTISE_STORAGE_CONFLICT')) throw error
    }
    this.forget(id)
  }

  async #version(family: string, serial: number): Promise<ManagedObject | undefined> {
    const known = this.#versions.get(`${family}/${serial}`)
    if (known !== undefined) return this.byId(known)
    const found = (await this.family(family)).find((one) => one.serial === serial)
    if (!found) return undefined
    if (this.#versions.size >= cachedObjects) this.#versions.clear()
    this.#versions.set(`${family}/${serial}`, found.id)
    return found
  }

  async #named(name: string): Promise<ManagedObject | undefined> {
    const known = this.#names.get(name)
    const cached = known === undefined ? undefined : this.#cache.get(known)
    if (cached) return cached
    const generation = this.#generation
    const row = await this.#store.objectNamed(domain, name)
    if (!row) return undefined
    const object = this.open(row)
    // The index of further names is not authenticated.
    if (!namesOf(object).includes(name)) return undefined
    if (generation === this.#generation) this.#keep(object)
    return object
  }

  #keep(object: ManagedObject): void {
    if (this.#cache.size >= cachedObjects) {
      const [oldest] = this.#cache.keys()
      if (oldest !== undefined) this.forget(oldest)
    }
    this.#cache.set(object.id, object)
    for (const name of namesOf(object)) this.#names.set(name, object.id)
  }
}

/** All names of an object. */
export function namesOf({ name, values }: ManagedObject): readonly string[] {
  return name === null ? [] : [name, ...(values.furtherNames ?? [])]
}

/** Whether the row says that it bears the name of its key or, of a key without one, that it is the newest version. */
function bears({ name, values }: ManagedObject): boolean {
  return name !== null || values.links?.replacement === undefined
}
