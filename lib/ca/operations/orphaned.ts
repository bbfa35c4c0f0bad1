import { originOf, type StoredJob } from '../../keys/index.js'
import type { Prepared } from '../../operation/index.js'
import type { CaServices } from '../services.js'

/** What becomes of a job of an authority that was deleted. */
export function orphaned({ jobs }: Pick<CaServices, 'jobs'>, job: StoredJob): Prepared<null> {
  return {
    answer: null,
    rows: { records: [jobs.remove(job)] },
    detail: { ...originOf(job), result: 'there is no such authority any more' },
  }
}
