import { tags } from '../der/tags.js'
import { malformed } from '../malformed.js'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text of a string type; undefined of every other type. */
export function stringText(tag: number, content: Uint8Array): string | undefined {
  switch (tag) {
    case tags.utf8String:
      return utf8Text(content)
    case tags.printableString:
    case tags.ia5String:
    case tags.numericString:
    case tags.visibleString:
      return asciiText(content)
    // Nobody ever wrote T.61; what is found is Latin-1.
    case tags.teletexString:
      return Buffer.from(content).toString('latin1')
    case tags.bmpString:
      return codeUnits(content, 2)
    case tags.universalString:
      return codeUnits(content, 4)
    default:
      return undefined
  }
}

export function utf8Text(content: Uint8Array): string {
  try {
    return utf8.decode(content)
  } catch {
    throw malformed('a string is not UTF-8')
  }
}

/** IA5String and its subsets. */
export function asciiText(content: Uint8Array): string {
  if (content.some((byte) => byte >= 0x80)) throw malformed('a string is not ASCII')
  return Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1')
}

function codeUnits(content: Uint8Array, size: 2 | 4): string {
  if (content.length % size !== 0) throw malformed('a string ends within a character')
  const bytes = Buffer.from(content)
  let text = ''
  for (let at = 0; at < bytes.length; at += size) {
    const code = bytes.readUIntBE(at, size)
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      throw malformed('a string has what is no character')
    }
    text += String.fromCodePoint(code)
  }
  return text
}
