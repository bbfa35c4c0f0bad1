import Type from 'typebox'
import { MortiseError } from '../../errors/index.js'

/** Bytes in JSON: standard base64 with padding (RFC 4648 section 4). */
export function base64(description: string) {
  return Type.String({ contentEncoding: 'base64', description })
}

/**
 * Decodes strictly. Node's decoder skips what it does not know, so that texts which differ could be the same bytes.
 *
 * @param field names it in the error
 * @throws MORTISE_INPUT_INVALID for anything but standard base64 with padding and without white space
 */
export function fromBase64(text: string, field: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const quantum = bytes.length % 3 || 3
  const strict =
    text.length % 4 === 0 &&
    // Whatever was skipped is missing here; only the URL alphabet is decoded besides.
    bytes.length === (text.length / 4) * 3 - padding &&
    !text.includes('-') &&
    !text.includes('_') &&
    // The last quantum: bits that stand for nothing must be zero.
    (text.length === 0 || bytes.toString('base64', bytes.length - quantum) === text.slice(-4))
  if (!strict) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `${field} must be standard base64 with padding (RFC 4648 section 4)`,
    )
  }
  return bytes
}
