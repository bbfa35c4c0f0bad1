import { MortiseError } from '../errors/index.js'
import type { KeyKind, Pkcs11TokenSelector } from '../native/index.js'

/** A pkcs11: URI (RFC 7512), its attributes by name, decoded. */
export interface Pkcs11Uri {
  readonly path: ReadonlyMap<string, Buffer>
  readonly query: ReadonlyMap<string, Buffer>
}

/** Which key of which token somebody means. */
export interface KeyAddress {
  readonly token: Pkcs11TokenSelector
  /** What the token is called here, or its model. */
  readonly named?: string
  /** Slot number, which is compared and never searched for. */
  readonly slot?: number
  readonly id?: Buffer
  readonly label?: string
  readonly kind?: KeyKind
}

const scheme = 'pkcs11:'
const pathAttributes = [
  ...['token', 'manufacturer', 'serial', 'model', 'library-manufacturer', 'library-version'],
  ...['library-description', 'object', 'type', 'id', 'slot-manufacturer', 'slot-description', 'slot-id'],
]
const queryAttributes = ['pin-source', 'pin-value', 'module-name', 'module-path']
const kinds: Readonly<Record<string, KeyKind>> = {
  'secret-key': 'secret',
  private: 'private',
  public: 'public',
}

/** Whether a text is meant as the address of a key on a token. */
export function isKeyAddress(text: string): boolean {
  return text.startsWith(scheme) || text.startsWith('hsm::')
}

/** @throws MORTISE_INPUT_INVALID */
export function parsePkcs11Uri(text: string): Pkcs11Uri {
  if (!text.startsWith(scheme)) throw malformed(text, 'it does not begin with pkcs11:')
  const [path = '', query] = text.slice(scheme.length).split('?', 2)
  return {
    path: attributes(text, path, ';', pathAttributes),
    query: attributes(text, query ?? '', '&', queryAttributes),
  }
}

/** What tells a token from others in a URI. */
export function tokenSelectorOf({ path }: Pkcs11Uri): Pkcs11TokenSelector {
  const selector = {
    label: path.get('token')?.toString(),
    serial: path.get('serial')?.toString(),
    manufacturer: path.get('manufacturer')?.toString(),
    model: path.get('model')?.toString(),
  }
  return Object.fromEntries(Object.entries(selector).filter(([, value]) => value !== undefined))
}

/**
 * A pkcs11: URI, or `hsm::MODEL::SLOT::LABEL` and `hsm::SLOT::LABEL` as Cosmian KMS has them, where the name of the token here may stand for
 * the model, and the label is that of the key.
 *
 * @throws MORTISE_INPUT_INVALID
 */
export function parseKeyAddress(text: string): KeyAddress {
  if (text.startsWith('hsm::')) return fromParts(text, text.split('::').slice(1))
  const uri = parsePkcs11Uri(text)
  const [id, label] = [uri.path.get('id'), uri.path.get('object')?.toString()]
  if (id === undefined && label === undefined) throw malformed(text, 'it names no key: give id or object')
  const type = uri.path.get('type')?.toString()
  if (type !== undefined && !Object.hasOwn(kinds, type)) throw malformed(text, `${type} is no type of key`)
  const slot = uri.path.get('slot-id')?.toString()
  return {
    token: tokenSelectorOf(uri),
    ...(id && { id }),
    ...(label !== undefined && { label }),
    ...(type !== undefined && { kind: kinds[type] as KeyKind }),
    ...(slot !== undefined && { slot: slotOf(text, slot) }),
  }
}

function fromParts(text: string, parts: readonly string[]): KeyAddress {
  const label = parts.at(-1)
  const slot = parts.at(-2)
  if (!label || slot === undefined || parts.length > 3)
    throw malformed(text, 'it is not hsm::MODEL::SLOT::LABEL')
  const named = parts.length === 3 ? parts[0] : undefined
  return { token: {}, slot: slotOf(text, slot), label, ...(named !== undefined && { named }) }
}

function slotOf(text: string, slot: string): number {
  if (/^\d{1,10}$/.test(slot)) return Number(slot)
  throw malformed(text, 'the slot is no number')
}

function attributes(
  uri: string,
  text: string,
  separator: string,
  known: readonly string[],
): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>()
  for (const part of text.split(separator).filter((one) => one !== '')) {
    const at = part.indexOf('=')
    const name = part.slice(0, Math.max(0, at))
    if (!known.includes(name) && !/^x-[a-z0-9-]+$/.test(name))
      throw malformed(uri, `there is no attribute ${JSON.stringify(at < 0 ? part : name)}`)
    if (found.has(name)) throw malformed(uri, `${name} stands twice`)
    found.set(name, decoded(uri, part.slice(at + 1)))
  }
  return found
}

function decoded(uri: string, value: string): Buffer {
  if (/%(?![0-9A-Fa-f]{2})/.test(value)) throw malformed(uri, 'a % is not followed by two hexadecimal digits')
  const bytes: Buffer[] = []
  for (const part of value.split(/(%[0-9A-Fa-f]{2})/))
    bytes.push(part.startsWith('%') ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part))
  return Buffer.concat(bytes)
}

function malformed(text: string, reason: string): MortiseError {
  // Without what may stand behind the question mark: a PIN.
  const shown = JSON.stringify(text.split('?', 1)[0])
  return new MortiseError(
    'MORTISE_INPUT_INVALID',
    `${shown} is not the address of a key on a token: ${reason}`,
  )
}
