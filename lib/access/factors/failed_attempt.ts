import type { Stored } from '../../barrier/index.js'
import type { RecordWrite } from '../../operation/index.js'
import type { Challenges, StoredChallenge } from './challenges.js'

/** The rows that a wrong second factor leaves: whatever counts the failed logins of a principal is told here, and nowhere else. */
export function failedAttempt(
  { challenges }: { readonly challenges: Challenges },
  challenge: Stored<StoredChallenge>,
): RecordWrite[] {
  return [challenges.fail(challenge)]
}
