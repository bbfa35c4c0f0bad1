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
  /** Name of the operation. */
  readonly operation: string
  readonly object: string | null
  readonly outcome: Outcome
  /** Code of the error, when it did not succeed. */
  readonly code: string | null
  readonly detail: AuditDetail
}

/** The format that stands first in every encoded record. */
const format = 1

/** The stored form: UTF-8 JSON, an array in the order below, so that it is short and its bytes are settled. */
export function encodeAuditRecord(record: AuditRecord): Buffer {
  return Buffer.from(
    JSON.stringify([
      format,
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
  if (!Array.isArray(fields) || fields.length !== 11 || fields[0] !== format) return undefined
  const [, time, operation, outcome, principal, principalName, face, request, object, code, detail] = fields
  return { time, principal, principalName, face, request, operation, object, outcome, code, detail }
}
