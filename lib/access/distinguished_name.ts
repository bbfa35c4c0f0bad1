import { MortiseError } from '../errors/index.js'

const longest = 1024
const attribute = /^([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)\s*=\s*(.*)$/s

/**
 * A distinguished name (RFC 4514) in a form that is the same in whatever order its parts are written, for tools write them
 * from either end. Types and values are compared without case (RFC 4517 section 4.2.11).
 *
 * @throws MORTISE_INPUT_INVALID for what is none
 */
export function normalDistinguishedName(text: string): string {
  const parts = text.length <= longest ? partsOf(text) : []
  const normal = parts.map((part) => {
    const [, type = '', value = ''] = attribute.exec(part.trim()) ?? []
    return type !== '' && value.trim() !== '' ? `${type.toUpperCase()}=${folded(value)}` : undefined
  })
  if (normal.length > 0 && normal.every((part) => part !== undefined)) return normal.sort().join()
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `a distinguished name is TYPE=VALUE,TYPE=VALUE... of at most ${longest} characters`,
  )
}

/** At commas and plus signs that are not escaped. */
function partsOf(text: string): string[] {
  const parts = ['']
  for (const [piece] of text.matchAll(/\\.|[,+]|[^\\,+]+|\\/gs)) {
    if (piece === ',' || piece === '+') parts.push('')
    else parts.push(`${parts.pop()}${piece}`)
  }
  return parts
}

function folded(value: string): string {
  return value.trim().replace(/\s+/g, ' ').normalize('NFC').toLowerCase()
}

/** Whether both are distinguished names, of the same parts. */
export function isSameDistinguishedName(one: string, other: string): boolean {
  try {
    return normalDistinguishedName(one) === normalDistinguishedName(other)
  } catch {
    return false
  }
}
