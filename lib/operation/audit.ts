import type { AuditDetail } from './operation.js'

export type Outcome = 'success' | 'denied' | 'failed'

/** One audit record: who did what to which object, through which door, and how it ended. Never key bytes. */
export interface AuditRecord {
  /** Milliseconds since 1970, UTC. */
  readonly time: number
  /** Principal id, or null before somebody is known. */
  readonly principal: string | null
  /** Its name at that time, for people. */
  readonly principalName: string | null
  /** The door: `process`, `admin`, `system`, later `kmip`, ... */
  readonly face: string
  /** Id of the request, to find it in the log; null in process. */
  readonly request: string | null
  /** IP address of the client, as far as the server sees it; not there in process. */
  readonly address?: string
  /** Name of the operation. */
  readonly operation: string
  readonly object: string | null
  readonly outcome: Outcome
  /** Code of the error, when it did not succeed. */
  readonly code: string | null
  readonly detail: AuditDetail
}

/** Stands first in every encoded record: in the second form an address stands at its end. */
const withoutAddress = 1
const withAddress = 2

/** The stored form: UTF-8 JSON, an array in the order below, so that it is short and its bytes are settled. */
export function encodeAuditRecord(record: AuditRecord): Buffer {
  const { address } = record
  return Buffer.from(
    JSON.stringify([
      address === undefined ? withoutAddress : withAddress,
      record.time,
      record.operation,
      record.outcome,
      record.principal,
      record.principalName,
      record.face,
      record.request,
      record.object,
      record.code,
      record.detail,
      ...(address === undefined ? [] : [address]),
    ]),
  )
}

/** The record of what Mortise does of itself, on nobody's behalf. */
export function encodeSystemRecord(
  time: number,
  operation: string,
  detail: AuditDetail,
  object: string | null = null,
): Buffer {
  return encodeAuditRecord({
    time,
    principal: null,
    principalName: null,
    face: 'system',
    request: null,
    operation,
    object,
    outcome: 'success',
    code: null,
    detail,
  })
}

/** @returns undefined for bytes that are not an encoded record */
export function decodeAuditRecord(bytes: Uint8Array): AuditRecord | undefined {
  let fields: unknown
  try {
    fields = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
  } catch {
    return undefined
  }
  if (!Array.isArray(fields)) return undefined
  const [format, time, operation, outcome, principal, principalName, face, request, object, code, detail] =
    fields
  const record = { time, principal, principalName, face, request, operation, object, outcome, code, detail }
  if (format === withoutAddress && fields.length === 11) return record
  return format === withAddress && fields.length === 12 ? { ...record, address: fields[11] } : undefined
}
