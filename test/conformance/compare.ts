import { type Node, spelt, treeOf } from './tree.js'

/** What a case has bound its placeholders to, and what its requests have sent. */
export class Bindings {
  readonly #values = new Map<string, string>()
  readonly #sent = new Set<string>()
  readonly #now = Math.floor(Date.now() / 1000)
  /** Whether the server has made keys, or randomness takes part: what they yield is then nobody’s to foretell. */
  readonly #isRandom: boolean
  readonly #isPrinted: boolean

  /** @param xml the whole case */
  constructor(xml = '') {
    this.#isRandom =
      /value="(Create|CreateKeyPair|ReKey|ReKeyKeyPair|RNGRetrieve|OAEP|PSS)"|<RandomIV [^>]*"true"/.test(xml)
    // A ciphertext that is printed and not bound was made with a key that the server in question had made.
    this.#isPrinted = !xml.includes('"$DATA')
  }

  /** The request with every placeholder that is bound, or is a date, filled in. */
  fill(xml: string): string {
    const filled = xml.replaceAll(/"(\$[A-Z0-9_]+)([+-]\d+)?"/g, (all, name: string, offset = '0') => {
      if (name === '$NOW') return `"${new Date((this.#now + Number(offset)) * 1000).toISOString()}"`
      const bound = this.#values.get(name)
      return bound === undefined ? all : `"${bound}"`
    })
    this.#remember(treeOf(filled), undefined)
    return filled
  }

  has(value: string): boolean {
    return this.#sent.has(value)
  }

  /** What a placeholder stands for; a value itself. */
  boundTo(value: string): string {
    return this.#values.get(value) ?? value
  }

  /** Whether what is printed of randomness can be known from what was sent. */
  isForetold(value: string): boolean {
    return !this.#isRandom || (!this.#isPrinted && this.#sent.has(value))
  }

  /** Binds a placeholder anew: the cases call every asynchronous request by one name. */
  bind(name: string, value: string): void {
    this.#values.set(name, value)
  }

  /** Whether a placeholder stands for a value: the first that is seen is bound. */
  matches(name: string, value: string): boolean {
    if (name.startsWith('$NOW')) return true
    const bound = this.#values.get(name)
    if (bound === undefined) this.#values.set(name, value)
    return bound === undefined || bound === value
  }

  /** The same, and nothing is bound. */
  wouldMatch(name: string, value: string): boolean {
    const bound = this.#values.get(name)
    return name.startsWith('$NOW') || bound === undefined || bound === value
  }

  #remember(node: Node, attribute: string | undefined): void {
    let named = attribute
    for (const child of node.children) {
      if (child.children.length === 0 && child.value !== '') this.#sent.add(spelt(child, named))
      if (child.name === 'AttributeName') named = child.value
      this.#remember(child, named)
    }
  }
}

/** Fields of an answer that a server has in its own words, or may leave out. */
const own = new Set([
  'ResultMessage',
  'ClientCorrelationValue',
  'ServerCorrelationValue',
  'TimeStamp',
  'VendorIdentification',
  'ServerInformation',
])
/** What a server makes, as long as the client has not sent the same. */
const made = new Set([
  'PKCS_11OutputParameters',
  'AsynchronousCorrelationValue',
  'KeyMaterial',
  'Key',
  'DigestValue',
  'IVCounterNonce',
  'Modulus',
  'PrivateExponent',
  'P',
  'Q',
  'PrimeExponentP',
  'PrimeExponentQ',
  'CRTCoefficient',
  'D',
  'QString',
])
/** What randomness makes, where it takes part. */
const random = new Set(['Data', 'SignatureData', 'MACData', 'AuthenticatedEncryptionTag', 'KeyValue'])
/** Texts and numbers that depend on the server. */
const servers = new Set(['LeaseTime', 'LocatedItems', 'ShortUniqueIdentifier'])
/** Lists whose order means nothing. */
const unordered = new Set([
  'Attribute',
  'AttributeName',
  'AttributeReference',
  'Operation',
  'ObjectType',
  'UniqueIdentifier',
])

/** @returns what is different, or undefined */
export function difference(expected: string, actual: string, bindings: Bindings): string | undefined {
  return compare(treeOf(expected), treeOf(actual), bindings, { path: '', attribute: undefined, query: false })
}

interface Place {
  readonly path: string
  readonly attribute: string | undefined
  /** Inside the answer to Query. */
  readonly query: boolean
}

function compare(expected: Node, actual: Node, bindings: Bindings, place: Place): string | undefined {
  const path = `${place.path}/${expected.name}`
  if (expected.name !== actual.name) return `${path}: ${actual.name} is there instead`
  if (expected.type !== actual.type) return `${path}: the type is ${actual.type}, not ${expected.type}`
  // The generator of a server has parameters of its own.
  if (expected.name === 'RandomNumberGenerator' || expected.name === 'RNGParameters') return undefined
  if (place.attribute === 'Random Number Generator' && expected.name === 'AttributeValue') return undefined
  if (expected.type !== 'Structure') return compareValues(expected, actual, bindings, { ...place, path })
  const wanted = expected.children.filter(({ name }) => !own.has(name))
  const found = actual.children.filter(({ name }) => !own.has(name))
  const query = place.query || isQuery(expected)
  return compareChildren(wanted, found, bindings, { path, attribute: place.attribute, query })
}

/** What Query answers, and what a server tells of its own accord, may be more than a case has. */
function isQuery({ children }: Node): boolean {
  const more = ['Query', 'Put', 'Notify']
  return (
    children.some(({ name, value }) => name === 'Operation' && more.includes(value)) && children.length > 1
  )
}

function compareChildren(
  wanted: readonly Node[],
  found: readonly Node[],
  bindings: Bindings,
  place: Place,
): string | undefined {
  const left = [...found]
  let attribute = place.attribute
  for (const one of wanted) {
    if (one.name === 'AttributeName') attribute = one.value.replaceAll(/ +/g, ' ')
    const inside = { ...place, attribute }
    const free = unordered.has(one.name) || place.path.endsWith('/Attributes')
    const at = free ? findMatch(one, left, bindings, inside) : left.findIndex(({ name }) => name === one.name)
    if (at < 0)
      return `${place.path}: ${shown(one)} is missing among ${left.map(shown).join(', ') || 'nothing'}`
    const other = left.splice(at, 1)[0] as Node
    const wrong = compare(one, other, bindings, inside)
    if (wrong !== undefined) return wrong
  }
  return left.length === 0 || place.query
    ? undefined
    : `${place.path}: ${left.map(shown).join(', ')} is too much`
}

/** The item that it is equal to. */
function findMatch(one: Node, left: readonly Node[], bindings: Bindings, place: Place): number {
  return left.findIndex(
    (other) => other.name === one.name && compare(one, other, new Trial(bindings), place) === undefined,
  )
}

/** Bindings that are asked and not changed. */
class Trial extends Bindings {
  readonly #outer: Bindings

  constructor(outer: Bindings) {
    super()
    this.#outer = outer
  }

  override isForetold(value: string): boolean {
    return this.#outer.isForetold(value)
  }

  override has(value: string): boolean {
    return this.#outer.has(value)
  }

  override matches(name: string, value: string): boolean {
    return this.#outer.wouldMatch(name, value)
  }

  override wouldMatch(name: string, value: string): boolean {
    return this.#outer.wouldMatch(name, value)
  }
}

function compareValues(expected: Node, actual: Node, bindings: Bindings, place: Place): string | undefined {
  const [want, have] = [spelt(expected, place.attribute), spelt(actual, place.attribute)]
  if (want === have) return undefined
  if (expected.value === '$ASYNCHRONOUS_CORRELATION_VALUE') bindings.bind(expected.value, actual.value)
  if (expected.value.startsWith('$'))
    return bindings.matches(expected.value, actual.value)
      ? undefined
      : `${place.path}: ${actual.value} is not what ${expected.value} was`
  // A date that no client has set is the server's own.
  if (expected.type === 'DateTime' && !bindings.has(want)) return undefined
  if (made.has(expected.name) && !bindings.has(want)) return undefined
  if (random.has(expected.name) && !bindings.isForetold(want)) return undefined
  if (servers.has(expected.name)) return undefined
  return `${place.path}${place.attribute === undefined ? '' : ` (${place.attribute})`}: ${actual.value.slice(0, 80)} instead of ${expected.value.slice(0, 80)}`
}

function shown({ name, value, children }: Node): string {
  const inside = children.map(({ value }) => value).filter((text) => text !== '')
  return `${name} ${value || inside.join(' ')}`.trim().slice(0, 100)
}
