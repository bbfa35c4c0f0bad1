import type { Grants } from '../access/index.js'
import type { Barrier } from '../barrier/index.js'
import type { Policy } from '../crypto/index.js'
import type { KeyProvider } from '../hsm/index.js'
import type { Clock } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import type { Addresses } from './addresses.js'
import type { Jobs } from './jobs.js'
import type { Objects } from './objects.js'
import type { TokenKeys } from './token_keys.js'
import type { UsageBlocks } from './usage.js'

/** What the operations on keys work with; lib/core puts it together. */
export interface KeyServices {
  readonly store: Store
  readonly barrier: Barrier
  readonly clock: Clock
  readonly policy: Policy
  readonly objects: Objects
  readonly grants: Grants
  readonly usage: UsageBlocks
  readonly jobs: Jobs
  readonly tokenKeys: TokenKeys
  /** Days after which destroyed keys are gone, unless a call says more: 0 for at once, or 7 to 30. */
  readonly destroyDelayDays: number
  /** @throws MORTISE_CRYPTO_UNSUPPORTED for a provider that is not configured */
  provider(name: string): KeyProvider
  readonly addresses: Addresses
  /** Where keys are made of which nobody says it: a token, or `software`. */
  readonly keyProvider: string
  /** Where the key that signs checkpoints of the audit trail is made. */
  readonly auditProvider: string
  /** Process-wide number of this key manager, which native leases are bound to. */
  readonly manager: number
  /** Milliseconds that a lease lives without having read the changes table. */
  readonly leaseMilliseconds: number
}
