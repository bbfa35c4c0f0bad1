/** The order in which names are written, from the outermost part to the innermost. */
const order = ['C', 'ST', 'L', 'O', 'OU', 'CN']

/** What the name of an authority or of a certificate is made of, beside its common name. */
export type NameFields = Readonly<Partial<Record<'C' | 'ST' | 'L' | 'O' | 'OU', string>>>

interface Part {
  readonly type: string
  readonly value: string
}

/** A name (RFC 4514) as OpenSSL writes it on one line: `/C=US/O=Example/CN=Root`, and as {@link order} has it. */
export function lineOf(name: string): string {
  return ordered(partsOf(name))
    .map(({ type, value }) => `/${type}=${value}`)
    .join('')
}

/** The name (RFC 4514) of a common name and the fields of several objects, in the order in which they were given. */
export function nameOf(cn: string, names: readonly NameFields[]): string {
  const fields = names.flatMap((one) => Object.entries(one).map(([type, value]) => ({ type, value })))
  return textOf(ordered([...fields, { type: 'CN', value: cn }]))
}

/** The fields of a name, all but its common name. */
export function fieldsOf(name: string): readonly NameFields[] {
  return partsOf(name)
    .filter(({ type }) => type !== 'CN')
    .map(({ type, value }) => ({ [type]: value }))
}

/** A name as a filter has it: in one line, or as RFC 4514 writes it. */
export function nameOfFilter(text: string): string {
  if (!text.startsWith('/')) return text
  const parts = text
    .slice(1)
    .split(/\/(?=[A-Za-z0-9.]+=)/)
    .map((part) => {
      const [type = '', ...value] = part.split('=')
      return { type, value: value.join('=') }
    })
  return textOf(parts)
}

/**
 * A distinguished name (RFC 4514) with its parts in the order C, ST, L, O, OU, CN, whatever else after them, each kind as it was given.
 *
 * @param name of an account, which is well formed
 */
export function orderedSubject(name: string): string {
  const parts = split(name, /(?:\\.|[^,\\])+/gs).map(({ type, value }) => ({
    type: type.trim().toUpperCase(),
    value: value.trim(),
  }))
  return ordered(parts, order.length)
    .map(({ type, value }) => `${type}=${value}`)
    .join()
}

/** RFC 4514 section 2.1: the innermost part first. */
function textOf(parts: readonly Part[]): string {
  return parts
    .toReversed()
    .map(({ type, value }) => `${type}=${value.replace(/["+,;<>\\=]|^[ #]| $/g, '\\$&')}`)
    .join()
}

/** From the outermost part; one that has several values is several parts. */
function partsOf(name: string): Part[] {
  return split(name, /(?:\\.|[^,+\\])+/gs)
    .toReversed()
    .map(({ type, value }) => ({ type, value: unescaped(value) }))
}

/** With the escapes that it has. */
function split(name: string, part: RegExp): Part[] {
  return (name.match(part) ?? []).map((text) => {
    const [type = '', ...value] = text.trim().split('=')
    return { type, value: value.join('=') }
  })
}

function unescaped(value: string): string {
  const bytes = [...value.matchAll(/\\([0-9a-f]{2})|\\?(.)/gisu)].map(([, hex, character = '']) =>
    hex === undefined ? Buffer.from(character) : Buffer.from(hex, 'hex'),
  )
  return Buffer.concat(bytes).toString()
}

/** @param others the place of what {@link order} does not have: before the common name unless said otherwise */
function ordered(parts: readonly Part[], others = order.length - 1.5): Part[] {
  const place = ({ type }: Part) => (order.includes(type) ? order.indexOf(type) : others)
  return parts.toSorted((a, b) => place(a) - place(b))
}
