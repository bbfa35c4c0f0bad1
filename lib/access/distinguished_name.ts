import { MortiseError } from '../errors/index.js'

const longest = 1024
/** From the outermost to the innermost. */
const usual = ['C', 'ST', 'L', 'O', 'OU', 'CN']
const attribute = /^([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)\s*=\s*(.*)$/s

/**
 * A distinguished name (RFC 4514) in a form that is the same in whatever order its parts are written, for tools write them
 * from either end. Types and values are compared without case (RFC 4517 section 4.2.11).
 *
 * @throws MORTISE_INPUT_INVALID for what is none
 */
export function normalDistinguishedName(text: string): string {
  return attributesOf(text)
    .map(({ type, value }) => `${type}=${folded(value)}`)
    .sort()
    .join()
}

/**
 * The same name with its parts in the order C, ST, L, O, OU, CN, whatever else after them, each kind as it was given.
 *
 * @throws MORTISE_INPUT_INVALID for what is none
 */
export function orderedDistinguishedName(text: string): string {
  const place = ({ type }: Attribute) => (usual.includes(type) ? usual.indexOf(type) : usual.length)
  return attributesOf(text)
    .sort((a, b) => place(a) - place(b))
    .map(({ type, value }) => `${type}=${value}`)
    .join()
}

interface Attribute {
  /** In capitals. */
  readonly type: string
  readonly value: string
}

function attributesOf(text: string): Attribute[] {
  const parts = text.length <= longest ? partsOf(text) : []
  const attributes = parts.map((part) => {
    const [, type = '', value = ''] = attribute.exec(part.trim()) ?? []
    return { type: type.toUpperCase(), value: value.trim() }
  })
  if (attributes.length > 0 && attributes.every(({ type, value }) => type !== '' && value !== ''))
    return attributes
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
