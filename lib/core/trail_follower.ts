import type { Sink } from '../audit/index.js'
import { type AuditRecord, decodeAuditRecord } from '../operation/index.js'

/** What the audit trail says of something that was done. */
export type TrailRecord = Pick<AuditRecord, 'time' | 'operation' | 'object' | 'detail'>

/** Somebody outside who is told of what was done, behind those who do it. */
export interface TrailFollower {
  /** Under what it is kept how far it has been told. */
  readonly place: string
  /** Takes all or throws, and is told again then: whatever ends a process, nothing is left out, and something may come twice. */
  heard(records: readonly TrailRecord[]): Promise<void>
}

/** Delivers to a follower as to a sink of the trail: what was done and is about an object. */
export function sinkOf({ place, heard }: TrailFollower): Sink {
  return {
    kind: 'kmip',
    place,
    confirms: true,
    async deliver(rows) {
      const records = rows.flatMap(({ record }) => {
        const said = decodeAuditRecord(record)
        return said?.outcome === 'success' && said.object !== null ? [said] : []
      })
      if (records.length > 0) await heard(records)
    },
  }
}
