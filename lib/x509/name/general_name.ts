import { equalBytes } from '../bytes.js'
import { DerReader } from '../der/reader.js'
import { constructed, primitive, tags } from '../der/tags.js'
import { oid, text, value } from '../der/writer.js'
import { ipText } from '../ip.js'
import { malformed } from '../malformed.js'
import { asciiText, utf8Text } from './directory_string.js'
import { type Name, readName } from './name.js'

/** RFC 5280 section 4.2.1.6. The values are as they are encoded: whether a DNS name is one is asked where it is used. */
export type GeneralName =
  | { readonly form: 'dNSName' | 'rfc822Name' | 'uniformResourceIdentifier'; readonly value: string }
  /** 4 or 16 bytes; in a name constraint an address and a mask, 8 or 32. */
  | { readonly form: 'iPAddress'; readonly value: Uint8Array }
  | { readonly form: 'directoryName'; readonly value: Name }
  | OtherName
  /** What nobody uses: X.400, EDI and registered identifiers. */
  | { readonly form: 'unsupported' }

export interface OtherName {
  readonly form: 'otherName'
  /** Object identifier. */
  readonly type: string
  /** DER. */
  readonly value: Uint8Array
  /** Of a user principal name (1.3.6.1.4.1.311.20.2.3), with which certificates name a user of Active Directory. */
  readonly userPrincipalName?: string | undefined
}

const userPrincipalName = '1.3.6.1.4.1.311.20.2.3'

const textForms = {
  [primitive(1)]: 'rfc822Name',
  [primitive(2)]: 'dNSName',
  [primitive(6)]: 'uniformResourceIdentifier',
} as const

const textTags = { rfc822Name: primitive(1), dNSName: primitive(2), uniformResourceIdentifier: primitive(6) }

const unsupported = [constructed(3), constructed(5), primitive(8)]

export function readGeneralName(reader: DerReader): GeneralName {
  return read(reader, [4, 16])
}

/** The base of a name constraint. */
export function readConstraintBase(reader: DerReader): GeneralName {
  return read(reader, [8, 32])
}

/** The texts of all names of a form. */
export function textsOf(
  names: readonly GeneralName[] | undefined,
  form: 'dNSName' | 'rfc822Name' | 'uniformResourceIdentifier',
): readonly string[] {
  return (names ?? []).flatMap((name) => (name.form === form ? [name.value] : []))
}

export function directoryNames(names: readonly GeneralName[]): readonly Name[] {
  return names.flatMap((name) => (name.form === 'directoryName' ? [name.value] : []))
}

/** A DNS name or an address as text; undefined of others. */
export function nameText(name: GeneralName): string | undefined {
  if (name.form === 'dNSName') return name.value
  return name.form === 'iPAddress' ? ipText(name.value) : undefined
}

/** As they are encoded, but for distinguished names and the case of DNS names; what nobody uses equals nothing. */
export function isSameGeneralName(one: GeneralName, other: GeneralName): boolean {
  if (one.form === 'directoryName' && other.form === 'directoryName') return one.value.equals(other.value)
  if (one.form === 'dNSName' && other.form === 'dNSName') {
    return one.value.toLowerCase() === other.value.toLowerCase()
  }
  if (one.form === 'unsupported' || other.form === 'unsupported') return false
  return one.form === other.form && equalBytes(writeGeneralName(one), writeGeneralName(other))
}

/** Also of a constraint's base. What nobody uses cannot be written. */
export function writeGeneralName(name: GeneralName): Buffer {
  switch (name.form) {
    case 'rfc822Name':
    case 'dNSName':
    case 'uniformResourceIdentifier':
      return text(textTags[name.form], ascii(name.value))
    case 'iPAddress':
      return value(primitive(7), name.value)
    case 'directoryName':
      return value(constructed(4), name.value.der)
    case 'otherName':
      return value(constructed(0), oid(name.type), value(constructed(0), name.value))
    case 'unsupported':
      throw malformed('a general name is of a form that is not supported')
  }
}

function ascii(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what certificates are attacked with
  if (/^[^\0-\x1f\x7f-\uffff]*$/.test(text)) return text
  throw malformed(`the name ${JSON.stringify(text.slice(0, 100))} is not of printable ASCII`)
}

function read(reader: DerReader, addressSizes: readonly number[]): GeneralName {
  const { tag, content } = reader.element()
  const textForm = textForms[tag]
  if (textForm !== undefined) return { form: textForm, value: asciiText(content) }
  if (tag === primitive(7)) {
    if (!addressSizes.includes(content.length)) throw malformed('an IP address is of the wrong length')
    return { form: 'iPAddress', value: content }
  }
  if (tag === constructed(4)) return { form: 'directoryName', value: explicitly(content, readName) }
  if (tag === constructed(0)) return readOtherName(new DerReader(content))
  if (unsupported.includes(tag)) return { form: 'unsupported' }
  throw malformed('a general name is of no known form')
}

function readOtherName(reader: DerReader): OtherName {
  const type = reader.oid()
  const value = reader.content(constructed(0))
  reader.end()
  const isUser = type === userPrincipalName
  return {
    form: 'otherName',
    type,
    value,
    userPrincipalName: isUser ? explicitly(value, readUtf8) : undefined,
  }
}

function readUtf8(reader: DerReader): string {
  return utf8Text(reader.content(tags.utf8String))
}

/** The one value inside an EXPLICIT tag. */
function explicitly<T>(content: Uint8Array, read: (reader: DerReader) => T): T {
  const reader = new DerReader(content)
  const value = read(reader)
  reader.end()
  return value
}
