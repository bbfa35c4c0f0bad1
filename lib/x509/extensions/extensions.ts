import { DerReader } from '../der/reader.js'
import { flag, octetString, oid, sequence } from '../der/writer.js'
import { malformed } from '../malformed.js'

/** How one kind of extension is known, read and written. */
export interface ExtensionKind<T> {
  /** Object identifier. */
  readonly type: string
  /** Whether it is written as critical (what its section says of conforming authorities). */
  readonly isCritical: boolean
  read(reader: DerReader): T
  write(value: T): Uint8Array
}

/** Those that may stand in one place (a certificate, a CRL, an entry of it), by their names in the RFC. */
export type ExtensionKinds = Readonly<Record<string, ExtensionKind<unknown>>>

type Value<K> = K extends { read(reader: DerReader): infer T } ? T : never

/** One extension as it stands. */
export interface RawExtension {
  /** Object identifier. */
  readonly type: string
  readonly isCritical: boolean
  /** DER of the value inside the OCTET STRING. */
  readonly value: Uint8Array
}

/** The extensions that are known, read. Those that are missing are undefined. */
export type ReadExtensions<K extends ExtensionKinds> = { readonly [N in keyof K]?: Value<K[N]> } & {
  /** Names of those of them that are critical. */
  readonly critical: ReadonlySet<keyof K>
  /** Object identifiers of critical ones that are not known. */
  readonly unknownCritical: readonly string[]
  /** Every one, in its order. */
  readonly all: readonly RawExtension[]
}

/** What is to be written: values by name, each as critical as its section wants. */
export type ExtensionValues<K extends ExtensionKinds> = {
  readonly [N in keyof K]?: Value<K[N]> | undefined
} & {
  /** Names of those that are critical though they need not be. Default none. */
  readonly critical?: readonly (keyof K)[] | undefined
  /** Any others, behind the known ones. */
  readonly other?: readonly RawExtension[] | undefined
}

/** More than anybody needs. */
const most = 100

/** RFC 5280 section 4.2: none twice, and every known one well formed. */
export function readExtensions<K extends ExtensionKinds>(kinds: K, reader: DerReader): ReadExtensions<K> {
  const known: Record<string, unknown> = {}
  const critical = new Set<string>()
  const unknownCritical: string[] = []
  const all: RawExtension[] = []
  const seen = new Set<string>()
  const names = namesOf(kinds)
  for (const extensions = reader.sequence(); all.length === 0 || !extensions.done; ) {
    const extension = readExtension(extensions)
    const { type, isCritical, value } = extension
    if (seen.has(type)) throw malformed(`the extension ${type} is there twice`)
    if (seen.size === most) throw malformed(`there are more than ${most} extensions`)
    seen.add(type)
    all.push(extension)
    const name = names.get(type)
    if (name === undefined) {
      if (isCritical) unknownCritical.push(type)
      continue
    }
    const content = new DerReader(value)
    known[name] = kinds[name]?.read(content)
    content.end()
    if (isCritical) critical.add(name)
  }
  return { ...known, critical, unknownCritical, all } as unknown as ReadExtensions<K>
}

export const noExtensions = { critical: new Set<never>(), unknownCritical: [], all: [] }

/**
 * Extensions ::= SEQUENCE OF Extension, in the order of `kinds`; undefined where there is none.
 *
 * @throws MORTISE_X509_INVALID
 */
export function writeExtensions<K extends ExtensionKinds>(
  kinds: K,
  values: ExtensionValues<K>,
): Buffer | undefined {
  const { critical = [], other = [] } = values
  const known = Object.entries(kinds).flatMap(([name, kind]): RawExtension[] => {
    const value = values[name]
    if (value === undefined) return []
    const isCritical = kind.isCritical || critical.includes(name)
    return [{ type: kind.type, isCritical, value: kind.write(value) }]
  })
  const all = [...known, ...other]
  if (new Set(all.map(({ type }) => type)).size < all.length) throw malformed('an extension is there twice')
  return all.length === 0 ? undefined : sequence(...all.map(writeExtension))
}

const namesByKinds = new WeakMap<ExtensionKinds, ReadonlyMap<string, string>>()

function namesOf(kinds: ExtensionKinds): ReadonlyMap<string, string> {
  const known = namesByKinds.get(kinds)
  if (known) return known
  const names = new Map(Object.entries(kinds).map(([name, { type }]) => [type, name]))
  namesByKinds.set(kinds, names)
  return names
}

function readExtension(reader: DerReader): RawExtension {
  const fields = reader.sequence()
  const type = fields.oid()
  const isCritical = fields.flag()
  const value = fields.octetString()
  fields.end()
  return { type, isCritical, value }
}

function writeExtension({ type, isCritical, value }: RawExtension): Buffer {
  return sequence(oid(type), flag(isCritical), octetString(value))
}
