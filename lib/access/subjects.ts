import type { Principal, Subject } from '../operation/index.js'
import { Cache } from './cache.js'
import type { Groups } from './groups.js'
import type { Memberships } from './memberships.js'
import type { Principals } from './principals.js'
import type { Roles } from './roles.js'
import type { ScopedGrants } from './scoped_grants.js'

const cachedSubjects = 10_000

export interface SubjectSources {
  readonly principals: Principals
  readonly memberships: Memberships
  readonly groups: Groups
  readonly roles: Roles
  readonly scopedGrants: ScopedGrants
}

/** Principals with their groups, roles and grants on scopes, put together once and kept until one of these changes. */
export class Subjects {
  readonly #sources: SubjectSources
  readonly #cache: Cache<Subject>

  constructor(sources: SubjectSources) {
    this.#sources = sources
    this.#cache = new Cache(cachedSubjects, (id) => this.#load(id))
  }

  /**
   * By principal id, from memory where it is known.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  get(id: string): Promise<Subject | undefined> {
    return this.#cache.get(id)
  }

  /** The same without waiting; undefined where it is not in memory. */
  known(id: string): Subject | undefined {
    return this.#cache.known(id)
  }

  /** A principal, as it is given, with what its groups, roles and grants on scopes are now. */
  async complete(principal: Principal): Promise<Subject> {
    const { memberships, groups, roles, scopedGrants } = this.#sources
    const ids = await memberships.of(principal.id)
    // A group that is gone gives nothing.
    const joined = (await Promise.all(ids.map((id) => groups.get(id)))).filter((one) => one !== undefined)
    const given = [
      ...principal.roles.map((name) => ({ name, through: null })),
      ...joined.flatMap((group) => group.roles.map((name) => ({ name, through: group.name }))),
    ]
    const held = await Promise.all(
      given.map(async ({ name, through }) => ({ role: await roles.get(name), through })),
    )
    const scoped = await Promise.all([
      scopedGrants.of({ granteeKind: 'principal', grantee: principal.id }),
      ...joined.map(({ id }) => scopedGrants.of({ granteeKind: 'group', grantee: id })),
      scopedGrants.of({ granteeKind: 'everyone', grantee: '' }),
    ])
    return {
      ...principal,
      groups: new Map(joined.map(({ id, name }) => [id, name])),
      held: held.flatMap(({ role, through }) => (role ? [{ role, through }] : [])),
      scoped: scoped.flat(),
    }
  }

  forget(id: string): void {
    this.#cache.forget(id)
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }

  async #load(id: string): Promise<Subject | undefined> {
    const principal = await this.#sources.principals.get(id)
    return principal && this.complete(principal)
  }
}
