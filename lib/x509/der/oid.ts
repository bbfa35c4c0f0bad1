import { malformed } from '../malformed.js'

/** Bytes; the longest in use are those of a UUID (2.25.x). */
const longest = 64

/** Dotted decimal of the content of an OBJECT IDENTIFIER (X.690 section 8.19). */
export function oidText(content: Uint8Array): string {
  const last = content.at(-1)
  if (last === undefined || last >= 0x80) throw malformed('an object identifier is cut off')
  if (content.length > longest) throw malformed('an object identifier is too long')
  const arcs: (number | bigint)[] = []
  let arc: number | bigint = 0
  let begins = true
  for (const byte of content) {
    if (begins && byte === 0x80) throw malformed('an object identifier is padded')
    begins = byte < 0x80
    // 2^46 times 128 is the last that a number holds exactly.
    arc =
      typeof arc === 'number' && arc < 2 ** 46
        ? arc * 128 + (byte & 0x7f)
        : BigInt(arc) * 128n + BigInt(byte & 0x7f)
    if (!begins) continue
    if (arcs.length === 0) {
      const root = arc < 40 ? 0 : arc < 80 ? 1 : 2
      arcs.push(root)
      arc = typeof arc === 'number' ? arc - root * 40 : arc - BigInt(root * 40)
    }
    arcs.push(arc)
    arc = 0
  }
  return arcs.join('.')
}
