import { MortiseError } from '../errors/index.js'

/** `approved`: what SP 800-131A approves and nothing else. `compatible`: that, and what old clients need. */
export const policies = ['approved', 'compatible'] as const
export type Policy = (typeof policies)[number]

/**
 * How SP 800-131A (revision 2, and the draft of revision 3 where it is stricter) regards something.
 *
 * - `approved`: for every use.
 * - `legacy`: "legacy use": only to process (decrypt, verify) what it protected before.
 * - `compatible`: not at all, so that the policy `compatible` alone admits it.
 */
export type Standing = 'approved' | 'legacy' | 'compatible'

/** `protect`: make or take in a key, encrypt, sign, hash, make a MAC. `process`: decrypt, verify. */
export type Use = 'protect' | 'process'

/** An algorithm, key size, curve, mode, hash or scheme, as a policy sees it. */
export interface Judged {
  readonly name: string
  readonly standing: Standing
}

/** What the audit record of a use says when something about it is not approved. */
export type PolicyMark = {
  /** Names of what only the policy `compatible` admits for this use. */
  readonly notApproved?: string
  /** Names of what was only to process what it once protected. */
  readonly legacyUse?: string
}

const unmarked: PolicyMark = {}

/**
 * The one place where a policy is enforced. Every operation that makes, takes in or uses a key asks it.
 *
 * @returns the mark for the audit record
 * @throws MORTISE_CRYPTO_POLICY with the names of what is refused, and how to allow it
 */
export function admit(policy: Policy, use: Use, ...all: readonly Judged[]): PolicyMark {
  if (all.every(isApproved)) return unmarked
  const notApproved = namesOf(
    all.filter(({ standing }) => standing === 'compatible' || (standing === 'legacy' && use === 'protect')),
  )
  if (notApproved && policy === 'approved') {
    throw new MortiseError(
      'MORTISE_CRYPTO_POLICY',
      `the policy approved refuses ${notApproved}, which SP 800-131A does not approve for this use: use what \`mortise policy\` lists as approved, or set the policy compatible (MORTISE_POLICY, --policy)`,
      { details: { refused: notApproved, policy } },
    )
  }
  if (notApproved) return { notApproved }
  return { legacyUse: namesOf(all.filter(({ standing }) => standing === 'legacy')) }
}

function isApproved({ standing }: Judged): boolean {
  return standing === 'approved'
}

function namesOf(all: readonly Judged[]): string {
  return all.map(({ name }) => name).join(', ')
}
