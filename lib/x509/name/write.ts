import { DerReader } from '../der/reader.js'
import { tags } from '../der/tags.js'
import { sequence, setOf, text } from '../der/writer.js'
import { malformed } from '../malformed.js'
import { attributeTypes, emailAddress, typeOf } from './attribute_types.js'
import { type Name, type NameAttribute, type RelativeName, readName, writeAttribute } from './name.js'

/**
 * A distinguished name of one attribute for each relative name, from the root down: country first, common name last.
 *
 * @param attributes types as `CN` or `O` (without regard to case) or object identifiers, and what they are
 * @throws MORTISE_X509_INVALID
 */
export function nameOf(attributes: readonly { readonly type: string; readonly value: string }[]): Name {
  return nameOfRelativeNames(attributes.map(({ type, value }) => [attributeOf(typeOf(type), value)]))
}

export function nameOfRelativeNames(relativeNames: readonly RelativeName[]): Name {
  const sets = relativeNames.map((attributes) => setOf(attributes.map(writeAttribute)))
  return readName(new DerReader(sequence(...sets)))
}

const stringTags: Readonly<Record<string, number>> = {
  [attributeTypes['C'] as string]: tags.printableString,
  [attributeTypes['serialNumber'] as string]: tags.printableString,
  [attributeTypes['dnQualifier'] as string]: tags.printableString,
  [attributeTypes['DC'] as string]: tags.ia5String,
  [emailAddress as string]: tags.ia5String,
}

const alphabets: Readonly<Record<number, RegExp>> = {
  [tags.printableString]: /^[A-Za-z0-9 '()+,\-./:=?]+$/,
  [tags.ia5String]: /^[ -~]+$/,
  [tags.utf8String]: /^[^\p{Cc}\p{Cs}]+$/u,
}

/** In the string type that RFC 5280 Appendix A.1 gives to it, or UTF8String (section 4.1.2.4). */
export function attributeOf(type: string, characters: string): NameAttribute {
  const tag = stringTags[type] ?? tags.utf8String
  if (alphabets[tag]?.test(characters) !== true) {
    throw malformed(
      `a name has a value with characters that are not allowed in it: ${JSON.stringify(characters.slice(0, 100))}`,
    )
  }
  return { type, text: characters, value: text(tag, characters) }
}
