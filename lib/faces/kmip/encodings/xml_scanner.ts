import { malformed } from '../../../native/index.js'

/** What an XML document is made of, as far as KMIP needs it. */
export type XmlEvent =
  | { readonly kind: 'begin'; readonly name: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly kind: 'end'; readonly name: string }

/** Of an element: its end; or its beginning, with more attributes than any of KMIP has. */
const tag =
  /<(?:\/([A-Za-z_][\w.:-]{0,99})|([A-Za-z_][\w.:-]{0,99})((?:[ \t\r\n]+[A-Za-z_][\w.:-]{0,99}[ \t\r\n]*=[ \t\r\n]*(?:"[^"<]*"|'[^'<]*')){0,16}))[ \t\r\n]*(\/?)>/y
const space = /[ \t\r\n]+/y
const attributePattern = /([A-Za-z_][\w.:-]*)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/g
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * The elements of a document and their attributes (XML 1.0). Comments and processing instructions are passed by. There is no document
 * type and no entity but the five that XML knows by itself, and no text: KMIP has its values in attributes.
 *
 * @throws MORTISE_KMIP_MALFORMED for everything else
 */
export function* scanXml(text: string): Generator<XmlEvent> {
  let at = text.startsWith('\ufeff') ? 1 : 0
  for (;;) {
    at = skipped(text, at)
    if (at === text.length) return
    tag.lastIndex = at
    const [whole, end, begin, attributes = '', empty] = tag.exec(text) ?? unusable(at)
    if (begin !== undefined) {
      yield { kind: 'begin', name: local(begin), attributes: readAttributes(attributes) }
      if (empty === '/') yield { kind: 'end', name: local(begin) }
    } else if (end !== undefined && empty === '') {
      yield { kind: 'end', name: local(end) }
    } else unusable(at)
    at += whole.length
  }
}

/** Behind spaces, comments and processing instructions. */
function skipped(text: string, from: number): number {
  let at = from
  for (;;) {
    space.lastIndex = at
    at += space.exec(text)?.[0].length ?? 0
    const [begin, end] = passedBy.find(([begin]) => text.startsWith(begin, at)) ?? []
    if (begin === undefined || end === undefined) return at
    const behind = text.indexOf(end, at + begin.length)
    if (behind === -1) unusable(at)
    at = behind + end.length
  }
}

const passedBy = [
  ['<!--', '-->'],
  ['<?', '?>'],
] as const

function unusable(at: number): never {
  throw malformed(`the XML is none that KMIP uses at character ${at}`)
}

/** KMIP has one namespace. */
function local(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function readAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const [, name = '', double, single] of text.matchAll(attributePattern)) {
    if (attributes.has(name)) throw malformed('an XML element has an attribute twice')
    attributes.set(name, unescapeXml(double ?? single ?? ''))
  }
  return attributes
}

function unescapeXml(text: string): string {
  // XML 1.0 section 3.3.3: what separates lines is a space in an attribute, unless it is escaped.
  const line = text.replaceAll(/\r\n|[\t\r\n]/g, ' ')
  if (!line.includes('&')) return line
  return line.replaceAll(/&([^;&]{0,10})(;?)/g, (_, name: string, end: string) => {
    const character = end === '' ? undefined : (entities[name] ?? characterOf(name))
    if (character === undefined) throw malformed('the XML has a reference other than to a character')
    return character
  })
}

function characterOf(reference: string): string | undefined {
  const [, hex, decimal] = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(reference) ?? []
  const code = hex === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hex, 16)
  return isCharacter(code) ? String.fromCodePoint(code) : undefined
}

/** XML 1.0 section 2.2. */
function isCharacter(code: number): boolean {
  return (
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  )
}

const special: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' }

/** @throws MORTISE_KMIP_MALFORMED for characters that XML cannot carry */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)) {
    throw malformed('a text has characters that XML cannot carry: ask in another encoding')
  }
  return text.replaceAll(
    /[<>&"\t\r\n]/g,
    (character) => special[character] ?? `&#${character.charCodeAt(0)};`,
  )
}
