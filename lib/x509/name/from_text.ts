import { DerReader } from '../der/reader.js'
import { malformed } from '../malformed.js'
import { typeOf } from './attribute_types.js'
import { stringText, utf8Text } from './directory_string.js'
import { type Name, type NameAttribute, type RelativeName, relativeKey } from './name.js'
import { prepare } from './prepare.js'
import { attributeOf, nameOfRelativeNames } from './write.js'

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
  return relativeNamesOf(text, (type, text) => ({ type, text, value: new Uint8Array() })).map(relativeKey)
}

/**
 * The distinguished name of a text (RFC 4514), as {@link Name.text} writes it: the last relative name first, `CN=billing,O=Example`.
 * Types are those that certificates know, without regard to case, or object identifiers; `#hex` is the DER of a value. The empty
 * text is the empty name.
 *
 * @throws MORTISE_X509_INVALID
 */
export function nameOfText(text: string): Name {
  return nameOfRelativeNames(text === '' ? [] : relativeNamesOf(text, attributeOf))
}

/** From the root down. */
function relativeNamesOf(
  text: string,
  attributeOf: (type: string, text: string) => NameAttribute,
): readonly RelativeName[] {
  const relativeNames: NameAttribute[][] = [[]]
  for (let at = 0, end = ','; end !== ''; ) {
    attribute.lastIndex = at
    const found = attribute.exec(text)
    if (!found)
      throw malformed(`a distinguished name is TYPE=VALUE,TYPE=VALUE...: not so at character ${at + 1}`)
    const [whole, descriptor = '', hex, value = '', sign = ''] = found
    const type = typeOf(descriptor)
    relativeNames.at(-1)?.push(hex === undefined ? attributeOf(type, unescaped(value)) : ofHex(type, hex))
    if (sign === ',') relativeNames.push([])
    at += whole.length
    end = sign
  }
  return relativeNames.reverse()
}

function unescaped(value: string): string {
  const bytes = [...value.matchAll(escaped)].map(([, hex, character = '']) =>
    hex === undefined ? Buffer.from(character) : Buffer.from(hex, 'hex'),
  )
  const text = utf8Text(Buffer.concat(bytes))
  const prepared = prepare(text)
  if (prepared === undefined || prepared === '')
    throw malformed('a distinguished name has a value that is nothing to compare')
  return text
}

function ofHex(type: string, hex: string): NameAttribute {
  const reader = new DerReader(Buffer.from(hex, 'hex'))
  const { tag, der, content } = reader.element()
  reader.end()
  return { type, text: stringText(tag, content), value: der }
}
