import type { FollowedRow } from '../../storage/index.js'

/** Where records of the audit trail are delivered to, outside the store. */
export interface Sink {
  readonly kind: 'file' | 'syslog' | 'kmip'
  /** What its cursor is kept under: the same place is the same sink, whichever process delivers. */
  readonly place: string
  /** Whether what it took is known to have arrived. */
  readonly confirms: boolean
  /** Takes all of the records or throws; what it has taken when it throws is delivered again. */
  deliver(records: readonly FollowedRow[]): Promise<void>
}

/** What went wrong outside, for whoever looks after it: neither paths nor addresses, since anybody may ask how we are. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message ?? String(error)
}
