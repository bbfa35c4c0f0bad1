import type { Barrier } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { GrantRow } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Cache } from './cache.js'
import { ObjectGrants } from './grant_index.js'

/** Objects whose grants are kept in memory. */
const cachedObjects = 100_000

/** The grants on objects, checked by the barrier. */
export class Grants {
  readonly #store: Store
  readonly #barrier: Barrier
  readonly #cache: Cache<ObjectGrants>

  constructor(store: Store, barrier: Barrier) {
    this.#store = store
    this.#barrier = barrier
    this.#cache = new Cache(cachedObjects, async (object) => new ObjectGrants(await this.read(object)))
  }

  /**
   * Every grant on an object, from memory where it is known.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async on(object: string): Promise<ObjectGrants> {
    return (await this.#cache.get(object)) ?? ObjectGrants.none
  }

  /** The same without waiting; undefined where they are not in memory. */
  known(object: string): ObjectGrants | undefined {
    return this.#cache.known(object)
  }

  /**
   * Every grant on an object as the store has it now: for whoever is about to change one.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async read(object: string): Promise<readonly GrantRow[]> {
    const rows = await this.#store.grants(object)
    for (const row of rows) {
      if (row.object !== object) {
        throw new MortiseError(
          'MORTISE_BARRIER_INTEGRITY',
          `the store returns a grant on another object for ${object}: it was changed outside Mortise or is damaged`,
        )
      }
      this.#barrier.checkGrant(row)
    }
    return rows
  }

  forget(object: string): void {
    this.#cache.forget(object)
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }
}
