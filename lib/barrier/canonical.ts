import { createHash } from 'node:crypto'
import type { GrantRow, ObjectRow } from '../operation/index.js'

/**
 * One byte string for a list of fields, which no other list has: each field is its length (32 bits, big endian; all ones
 * for null) and its UTF-8 bytes.
 */
export function canonical(fields: readonly (string | number | null)[]): Buffer {
  const parts: Buffer[] = []
  for (const field of fields) {
    const length = Buffer.alloc(4, 0xff)
    parts.push(length)
    if (field === null) continue
    const bytes = Buffer.from(String(field))
    length.writeUInt32BE(bytes.length)
    parts.push(bytes)
  }
  return Buffer.concat(parts)
}

/** Every column of an object but the HMAC itself. */
export function canonicalObject(store: string, row: Omit<ObjectRow, 'mac'>): Buffer {
  return canonical([
    store,
    'objects',
    row.id,
    row.version,
    row.domain,
    row.type,
    row.state,
    row.purpose,
    row.owner,
    row.name,
    row.family,
    row.serial,
    row.algorithm,
    row.length,
    row.usage,
    row.created,
    row.provider,
    row.attributes,
    row.material && createHash('sha256').update(row.material).digest('hex'),
  ])
}

/** Every column of a grant but the HMAC itself. */
export function canonicalGrant(store: string, row: Omit<GrantRow, 'mac'>): Buffer {
  return canonical([store, 'grants', row.object, row.granteeKind, row.grantee, row.version, JSON.stringify(row.permissions)])
}
