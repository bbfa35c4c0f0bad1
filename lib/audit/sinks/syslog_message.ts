import { hostname } from 'node:os'
import { decodeAuditRecord, type Outcome } from '../../operation/index.js'
import type { FollowedRow } from '../../storage/index.js'
import { segmentLine } from '../segment.js'

/** The facility "log audit" (RFC 5424 section 6.2.1), and the severities: informational, warning, error. */
const facility = 13
const severities: Readonly<Record<Outcome, number>> = { success: 6, denied: 4, failed: 3 }

const host = printable(hostname(), 255)

/**
 * A record as a message of RFC 5424. PROCID is the chain, since each writing process has one, MSGID the operation; the message
 * itself is the line of JSON that an export has, in UTF-8 and without a byte order mark.
 */
export function syslogMessage(row: FollowedRow): Buffer {
  const record = decodeAuditRecord(row.record)
  const priority = facility * 8 + severities[record?.outcome ?? 'failed']
  const time = record ? new Date(record.time).toISOString() : '-'
  const operation = printable(record?.operation ?? '', 32)
  // No structured data of our own: that needs a private enterprise number, and the JSON says all of it.
  const header = `<${priority}>1 ${time} ${host} mortise ${row.chain} ${operation} [origin software="mortise"]`
  return Buffer.from(`${header} ${segmentLine(row)}`)
}

/** A field of the header: printable ASCII without spaces, `-` where there is none. */
function printable(text: string, longest: number): string {
  return text.replace(/[^\x21-\x7e]/g, '').slice(0, longest) || '-'
}
