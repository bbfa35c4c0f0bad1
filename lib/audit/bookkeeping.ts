import { decodeAuditRecord } from '../operation/index.js'
import type { AuditRow } from '../storage/index.js'

/** The operation of the record that a delivery to a sink leaves. */
export const delivered = 'AuditDelivered'
/** The operation of the record that a checkpoint leaves. */
export const checkpointed = 'AuditCheckpoint'

/** Whether a record is of one of these. What only says that the trail was looked after is no reason to do so again. */
export function isOf(row: AuditRow, ...operations: readonly string[]): boolean {
  return operations.includes(decodeAuditRecord(row.record)?.operation ?? '')
}
