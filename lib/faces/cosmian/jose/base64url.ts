import { MortiseError } from '../../../errors/index.js'

export function encoded(bytes: Uint8Array | string): string {
  return Buffer.from(bytes as Uint8Array).toString('base64url')
}

/** base64url without padding (RFC 7515 section 2). @throws MORTISE_INPUT_INVALID */
export function decoded(text: string, field: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') === text) return bytes
  throw new MortiseError('MORTISE_INPUT_INVALID', `${field} must be base64url without padding`)
}

/** A protected header. What must be understood and is not, is refused (RFC 7515 section 4.1.11). @throws MORTISE_INPUT_INVALID */
export function headerOf(text: string): Readonly<Record<string, unknown>> {
  let header: unknown
  try {
    header = JSON.parse(decoded(text, 'protected').toString('utf8'))
  } catch {
    header = undefined
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw new MortiseError('MORTISE_INPUT_INVALID', 'protected must be a JSON object in base64url')
  if ('crit' in header || 'zip' in header)
    throw new MortiseError('MORTISE_INPUT_INVALID', 'headers with crit or zip are not understood')
  return header as Readonly<Record<string, unknown>>
}
