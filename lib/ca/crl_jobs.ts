import { newJob } from '../keys/index.js'
import type { Principal, RecordWrite } from '../operation/index.js'
import type { CaServices } from './services.js'

/** A revocation is on a CRL so many milliseconds later at most: those of the meantime share it. */
const gathering = 30_000
/** Between the look at the clock and the commit of a revocation: those of later are left to the next job. */
const margin = 5000

/** What makes a CRL soon: nothing where that is scheduled already. */
export async function crlSoon(
  { jobs, clock }: Pick<CaServices, 'jobs' | 'clock'>,
  authority: string,
  { id }: Pick<Principal, 'id'>,
): Promise<RecordWrite[]> {
  const at = Math.ceil((clock.now() + margin) / gathering) * gathering
  const row = jobs.write(newJob('crl', authority, at, id))
  const key = 'row' in row ? row.row.key : ''
  return (await jobs.read(key)) ? [] : [row]
}

/** What makes the first CRL of an authority, at once. */
export function firstCrl(
  { jobs, clock }: Pick<CaServices, 'jobs' | 'clock'>,
  authority: string,
  { id }: Pick<Principal, 'id'>,
): RecordWrite {
  return jobs.write(newJob('crl', authority, clock.now(), id))
}
