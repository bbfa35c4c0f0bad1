import { decide } from '../../access/index.js'
import { longestPage, pageLimit, type Subject, type SystemOperation } from '../../operation/index.js'
import type { JobKind, StoredJob } from '../jobs.js'
import { rightsOn } from '../rights.js'
import type { KeyServices } from '../services.js'

export interface ListJobsInput {
  /** At most 1,000; default 100. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly after?: string
}

export interface JobInfo {
  readonly kind: JobKind
  /** Object id. */
  readonly object: string
  readonly name: string | null
  /** When it falls due: ISO 8601, UTC; the other likewise. */
  readonly due: string
  /** When it is tried: later than due when it has failed. */
  readonly at: string
  /** Principal id of whoever asked for it. */
  readonly setBy: string
  readonly failures: number
  /** Code of the last error. */
  readonly code: string | null
}

export interface JobPage {
  readonly items: readonly JobInfo[]
  /** For the next page; null on the last. */
  readonly next: string | null
}

/** What is to be done at a date, the next first: to objects that the actor may get. */
export const listJobs: SystemOperation<KeyServices, ListJobsInput, JobPage> = {
  name: 'ListJobs',
  permission: 'Query',
  durability: 'written',
  async prepare(services, actor, input) {
    const limit = pageLimit(input)
    const items: JobInfo[] = []
    let cursor = input.after
    for (;;) {
      const page = await services.jobs.page(longestPage, cursor)
      for (const job of page) {
        if (items.length === limit) return { answer: { items, next: cursor ?? null } }
        cursor = job.key
        const info = await visible(services, actor, job)
        if (info) items.push(info)
      }
      if (page.length === 0) return { answer: { items, next: null } }
    }
  },
}

async function visible(services: KeyServices, actor: Subject, job: StoredJob): Promise<JobInfo | undefined> {
  const object = await services.objects.byId(job.object)
  if (!object) return undefined
  if (!decide(actor, 'Get', await rightsOn(services, actor, object)).allowed) return undefined
  const { kind, due, at, setBy, failures, code } = job
  return {
    kind,
    object: job.object,
    name: object.name,
    due: new Date(due).toISOString(),
    at: new Date(at).toISOString(),
    setBy,
    failures,
    code,
  }
}
