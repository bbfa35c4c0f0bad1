// RFC 4518 section 2.2: what is mapped to nothing, and what to a space.
const ignored =
  /(?![\t-\r\u0085])(?:\p{Cc}|\p{Cf}|\u{34f}|[\u{180b}-\u{180d}]|[\u{fe00}-\u{fe0f}]|\u{fffc})/gu
const spaces = /[\t-\r\u0085\p{Z}]+/gu
// Section 2.4, by the Unicode of this Node and not by version 3.2.
const prohibited = /[\p{Co}\p{Cn}\p{Cs}\u{fffd}]/u
const plain = /^[a-z0-9.,'()+/:=?@*_-]+(?: [a-z0-9.,'()+/:=?@*_-]+)*$/

/**
 * A string as names are compared by (RFC 5280 section 7.1, RFC 4518): case folded, normalised, with runs of spaces as one and none
 * at the ends. Undefined of a string that has no such form and equals only itself.
 */
export function prepare(text: string): string | undefined {
  const lower = text.toLowerCase()
  if (plain.test(lower)) return lower
  const mapped = text.replace(ignored, '').replace(spaces, ' ')
  const folded = mapped.normalize('NFKC').toLowerCase().normalize('NFKC')
  if (prohibited.test(folded)) return undefined
  return folded.replace(spaces, ' ').trim()
}
