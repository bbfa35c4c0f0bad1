import { DerReader } from '../der/reader.js'
import { malformed } from '../malformed.js'
import { typeOf } from './attribute_types.js'
import { stringText, utf8Text } from './directory_string.js'
import { type NameAttribute, relativeKey } from './name.js'
import { prepare } from './prepare.js'

/** RFC 4514 section 3; blanks around the signs as well, for tools write them. */
const attribute =
  /\s*([a-z][a-z0-9-]*|\d+(?:\.\d+)+)\s*=\s*(?:#((?:[0-9a-f]{2})+)\s*|((?:\\[0-9a-f]{2}|\\[ "#+,;<=>\\]|[^"+,;<>\\\0#])(?:\\[0-9a-f]{2}|\\[ "#+,;<=>\\]|[^"+,;<>\\\0])*))([+,]|$)/iuy
const escaped = /\\([0-9a-f]{2})|\\?(.)/gisu

/**
 * What a distinguished name that stands as text (RFC 4514) is compared by: {@link Name.keys} of the same name in a certificate.
 *
 * @throws MORTISE_X509_INVALID
 */
export function keysOfText(text: string): readonly string[] {
  const relativeNames: NameAttribute[][] = [[]]
  for (let at = 0, end = ','; end !== ''; ) {
    attribute.lastIndex = at
    const found = attribute.exec(text)
    if (!found)
      throw malformed(`a distinguished name is TYPE=VALUE,TYPE=VALUE...: not so at character ${at + 1}`)
    const [whole, type = '', hex, value = '', sign = ''] = found
    relativeNames.at(-1)?.push(hex === undefined ? ofText(typeOf(type), value) : ofHex(typeOf(type), hex))
    if (sign === ',') relativeNames.push([])
    at += whole.length
    end = sign
  }
  return relativeNames.reverse().map(relativeKey)
}

function ofText(type: string, value: string): NameAttribute {
  const bytes = [...value.matchAll(escaped)].map(([, hex, character = '']) =>
    hex === undefined ? Buffer.from(character) : Buffer.from(hex, 'hex'),
  )
  const text = utf8Text(Buffer.concat(bytes))
  const prepared = prepare(text)
  if (prepared === undefined || prepared === '')
    throw malformed('a distinguished name has a value that is nothing to compare')
  return { type, text, value: new Uint8Array() }
}

function ofHex(type: string, hex: string): NameAttribute {
  const reader = new DerReader(Buffer.from(hex, 'hex'))
  const { tag, der, content } = reader.element()
  reader.end()
  return { type, text: stringText(tag, content), value: der }
}
