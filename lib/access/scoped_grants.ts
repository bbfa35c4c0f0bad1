import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import type { GrantablePermission, RecordWrite, ScopedGrant } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Cache } from './cache.js'
import { scopeText } from './scope.js'

/** Key: kind of grantee, `/`, grantee, `/`, scope. So there is one record for each grantee and scope. */
const namespace = 'scoped-grant'
const cachedGrantees = 10_000

/** Scopes on which one grantee can have grants: each is looked at when it is decided on. */
export const scopesOfGrantee = 1000

/** To whom a grant is given. */
export type GranteeKey = Pick<ScopedGrant, 'granteeKind' | 'grantee'>

/** The grants on scopes: one sealed record covers however many keys there are and will be. */
export class ScopedGrants {
  readonly #barrier: Barrier
  readonly #records: RecordReader<ScopedGrant>
  readonly #cache: Cache<readonly ScopedGrant[]>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(cachedGrantees, async (grantee) => {
      const page = await this.#records.page(scopesOfGrantee, undefined, { field: 'grantee', value: grantee })
      return page.map(({ value }) => value)
    })
  }

  /**
   * Everything that a grantee has, from memory where it is known.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async of(grantee: GranteeKey): Promise<readonly ScopedGrant[]> {
    return (await this.#cache.get(granteeText(grantee))) ?? []
  }

  /**
   * What a grantee has on a scope, as the store has it now: for whoever is about to change it.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  read(grant: Omit<ScopedGrant, 'permissions'>): Promise<Stored<ScopedGrant> | undefined> {
    return this.#records.read(keyOf(grant))
  }

  /** A page in the order of grantees and scopes, after the key `after`; of one grantee where it is given. */
  list(limit: number, after: string | undefined, grantee?: GranteeKey): Promise<Stored<ScopedGrant>[]> {
    const where = grantee && { field: 'grantee', value: granteeText(grantee) }
    return this.#records.page(limit, after, where)
  }

  /** The rows that end every grant of a grantee. */
  async removeAll(grantee: GranteeKey): Promise<RecordWrite[]> {
    const page = await this.list(scopesOfGrantee, undefined, grantee)
    return page.map(({ key, version }) => ({ remove: { namespace, key, version } }))
  }

  /** The row that leaves a grantee these permissions on a scope: none are no row. */
  write(
    { granteeKind, grantee, scope }: Omit<ScopedGrant, 'permissions'>,
    permissions: readonly GrantablePermission[],
    before: Stored<ScopedGrant> | undefined,
  ): RecordWrite {
    const grant: ScopedGrant = { granteeKind, grantee, scope, permissions }
    const key = keyOf(grant)
    if (before && permissions.length === 0) return { remove: { namespace, key, version: before.version } }
    const version = (before?.version ?? 0) + 1
    const index = { grantee: granteeText(grant), scope: scopeText(scope) }
    return writeRecord(this.#barrier, { namespace, key, version, expires: null, index }, grant)
  }

  /** @param key of the record that was written */
  forget(key: string): void {
    const [kind = '', grantee = ''] = key.split('/', 2)
    this.#cache.forget(`${kind}/${grantee}`)
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }
}

function granteeText({ granteeKind, grantee }: GranteeKey): string {
  return `${granteeKind}/${grantee}`
}

function keyOf(grant: Omit<ScopedGrant, 'permissions'>): string {
  return `${granteeText(grant)}/${scopeText(grant.scope)}`
}
