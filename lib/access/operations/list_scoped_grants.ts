import { pageLimit, type ScopedGrant, type SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import { formerGranteeKey, type Grantee, granteeName } from './grantee.js'
import type { PageInput } from './page.js'

export interface ListScopedGrantsInput extends PageInput {
  /** Whose. Default everybody's. */
  readonly grantee?: Grantee
}

export interface ScopedGrantPage {
  /** Each with the name of its principal or group; null for everyone. */
  readonly grants: readonly (ScopedGrant & { readonly name: string | null })[]
  readonly next: string | null
}

/** Who has been granted what on which scopes. @throws MORTISE_INPUT_INVALID */
export const listScopedGrants: SystemOperation<AccessServices, ListScopedGrantsInput, ScopedGrantPage> = {
  name: 'ListScopedGrants',
  permission: 'PrincipalRead',
  durability: 'written',
  async prepare(services, _actor, input) {
    const limit = pageLimit(input)
    const grantee = input.grantee && (await formerGranteeKey(services, input.grantee))
    const page = await services.scopedGrants.list(limit, input.after, grantee)
    const grants = await Promise.all(
      page.map(async ({ value }) => ({ ...value, name: await granteeName(services, value) })),
    )
    const next = page.length < limit ? null : (page.at(-1)?.key ?? null)
    return { answer: { grants, next }, detail: { count: grants.length } }
  },
}
