import { hash } from 'node:crypto'
import type { GrantRow, ObjectRow } from '../operation/index.js'

/**
 * One byte string for a list of fields, which no other list has: each field is its length (32 bits, big endian; all ones
 * for null) and its UTF-8 bytes.
 */
export function canonical(fields: readonly (string | number | null)[]): Buffer {
  const texts = fields.map((field) => (field === null ? null : String(field)))
  // UTF-8 takes up to three bytes for one of a string's units.
  const most = texts.reduce((sum, text) => sum + 4 + (text === null ? 0 : 3 * text.length), 0)
  const bytes = Buffer.allocUnsafe(most)
  let at = 0
  for (const text of texts) {
    const length = text === null ? 0 : write(bytes, text, at + 4)
    bytes.writeUInt32BE(text === null ? 0xffffffff : length, at)
    at += 4 + length
  }
  return bytes.subarray(0, at)
}

/** Units of a string up to which the way to Node's own writing takes longer than to write it. */
const short = 48

/** @returns how many bytes there are */
function write(bytes: Buffer, text: string, at: number): number {
  if (text.length > short) return bytes.write(text, at)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return bytes.write(text, at)
    bytes[at + i] = unit
  }
  return text.length
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
    row.material && hash('sha256', row.material),
    // Rows that have none are as they were before there were terms.
    ...(row.terms === '' ? [] : [row.terms]),
  ])
}

/** Every column of a grant but the HMAC itself. */
export function canonicalGrant(store: string, row: Omit<GrantRow, 'mac'>): Buffer {
  return canonical([
    store,
    'grants',
    row.object,
    row.granteeKind,
    row.grantee,
    row.version,
    JSON.stringify(row.permissions),
  ])
}
