import { type Node, spelt, treeOf } from './tree.js'

/** Fields that name what an object is to a server, which chooses it. */
const identifiers = new Set(['AsynchronousCorrelationValue', 'ShortUniqueIdentifier'])
/** What keys are made of. */
const keys = new Set([
  'KeyMaterial',
  'KeyValue',
  'Key',
  'Modulus',
  'PublicExponent',
  'PrivateExponent',
  'P',
  'Q',
  'PrimeExponentP',
  'PrimeExponentQ',
  'CRTCoefficient',
  'D',
  'QString',
  'DigestValue',
])
/** What stands in certificates that a server has issued. */
const certificates = new Set([
  'CertificateValue',
  'SerialNumber',
  'CertificateSerialNumber',
  'IssuerDistinguishedName',
])
/** What comes of a key that the server has made, and of randomness, by the operation. */
const outputs: Readonly<Record<string, readonly string[]>> = {
  Encrypt: ['Data', 'IVCounterNonce', 'AuthenticatedEncryptionTag'],
  MAC: ['MACData'],
  ObtainLease: ['LeaseTime'],
  PKCS_11: ['PKCS_11OutputParameters'],
  RNGRetrieve: ['Data'],
  Sign: ['SignatureData'],
}

/** Operations whose outputs nobody can know before. */
const serversOwn = new Set(['ObtainLease', 'PKCS_11', 'RNGRetrieve'])

/** What a case has bound its placeholders to, and what its requests have sent. */
export class Bindings {
  readonly #values = new Map<string, string>()
  /** What each field of answers was last, by the placeholder that has its name: some cases print it and refer to it so. */
  readonly #last = new Map<string, string>()
  readonly #sent = new Set<string>()
  readonly #now: number
  /** Whether the server makes keys: they are nobody’s to foretell. */
  readonly #makesKeys: boolean
  /** Whether it issues certificates: what stands in them of itself is its own. */
  readonly #certifies: boolean
  /** Whether randomness takes part, of IVs, paddings and signatures. */
  readonly #isRandom: boolean
  /** Whether it decrypts and never encrypts: under a key that is made here, then, what another server has encrypted under its own. */
  readonly #onlyDecrypts: boolean

  /**
   * @param xml the whole case
   * @param now of the server, milliseconds since 1970
   */
  constructor(xml = '', now = Date.now()) {
    this.#now = Math.floor(now / 1000)
    this.#certifies = /value="(Certify|ReCertify)"/.test(xml)
    // Those that another case has left were made by it.
    this.#makesKeys =
      /value="(Create|CreateKeyPair|CreateSplitKey|ReKey|ReKeyKeyPair)"/.test(xml) ||
      !/value="(Register|Import)"/.test(xml)
    this.#isRandom = /value="(OAEP|PKCS1v1_5|PSS|EC|ECDSA|DSA)"|<RandomIV [^>]*"true"/i.test(xml)
    this.#onlyDecrypts = !xml.includes('value="Encrypt"')
  }

  /**
   * The request with everything filled in that is bound: placeholders, dates, and what is printed in the place of something that
   * only this server can have made.
   */
  fill(xml: string): string {
    // What is begun has a name of its own.
    if (/<InitIndicator [^>]*"true"/.test(xml)) this.#values.delete('$CORRELATION_VALUE')
    const filled = xml.replaceAll(
      /"(?:(\$[A-Z0-9_]+)([+-]\d+)?|([0-9A-Fa-f]{16,}))"/g,
      (all, name: string | undefined, offset = '0', printed = '') => {
        if (name === '$NOW') return `"${new Date((this.#now + Number(offset)) * 1000).toISOString()}"`
        const bound =
          this.#values.get(name ?? printed.toLowerCase()) ?? this.#last.get(name?.replace(/_0$/, '') ?? '')
        return bound === undefined ? all : `"${bound}"`
      },
    )
    this.#remember(treeOf(filled), undefined)
    return filled
  }

  /** Remembers the bytes of an answer. */
  answered(node: Node): void {
    if (node.type === 'ByteString' && node.value !== '')
      this.#last.set(
        `$${node.name.replaceAll(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_').toUpperCase()}`,
        node.value,
      )
    for (const child of node.children) this.answered(child)
  }

  has(value: string): boolean {
    return this.#sent.has(value)
  }

  /** What a placeholder stands for; a value itself. */
  boundTo(value: string): string {
    return this.#values.get(value) ?? value
  }

  /** Whether a field of an answer is the server’s to choose: then what is printed stands for what it was first. */
  isOpen(name: string, operation: string): boolean {
    if (identifiers.has(name)) return true
    if (certificates.has(name)) return this.#certifies
    if (keys.has(name)) return this.#makesKeys || (this.#certifies && name === 'DigestValue')
    if (operation === 'Decrypt') return name === 'Data' && this.#makesKeys && this.#onlyDecrypts
    if (!outputs[operation]?.includes(name)) return false
    return serversOwn.has(operation) || this.#makesKeys || this.#isRandom
  }

  /** Binds a placeholder anew: the cases call every asynchronous request by one name. */
  bind(name: string, value: string): void {
    this.#values.set(name, value)
  }

  /** Whether a placeholder, or what is printed as one, stands for a value: the first that is seen is bound. */
  matches(name: string, value: string): boolean {
    if (!this.wouldMatch(name, value)) return false
    if (!name.startsWith('$NOW')) this.#values.set(name, value)
    return true
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

/** Fields that may be there or not, and have no value of their own to compare. */
const optional = new Set(['ResultMessage', 'ClientCorrelationValue', 'ServerCorrelationValue'])
/** What a server says of itself. */
const own = new Set(['ServerInformation', 'VendorIdentification'])
/** What an answer to Query may have more of than is printed. */
const extensible = new Set(['Operation', 'ObjectType'])
/** What a server tells of its own accord may be more than is printed. */
const told = new Set(['Notify', 'Put'])
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
  const answer = treeOf(actual)
  bindings.answered(answer)
  return compare(treeOf(expected), answer, bindings, {
    path: '',
    attribute: undefined,
    operation: '',
  })
}

interface Place {
  readonly path: string
  readonly attribute: string | undefined
  /** Of the item that it is inside of. */
  readonly operation: string
}

function compare(expected: Node, actual: Node, bindings: Bindings, place: Place): string | undefined {
  const path = `${place.path}/${expected.name}`
  if (expected.name !== actual.name) return `${path}: ${actual.name} is there instead`
  if (expected.type !== actual.type) return `${path}: the type is ${actual.type}, not ${expected.type}`
  // The generator of a server has parameters of its own.
  if (expected.name === 'RandomNumberGenerator' || expected.name === 'RNGParameters') return undefined
  if (place.attribute === 'Random Number Generator' && expected.name === 'AttributeValue') return undefined
  if (expected.type !== 'Structure') return compareValues(expected, actual, bindings, { ...place, path })
  const operation = expected.name === 'BatchItem' ? operationOf(expected) : place.operation
  const isLeft = ({ name }: Node) => !optional.has(name) && !(operation === 'Query' && own.has(name))
  const echo = actual.children.find(({ name }) => name === 'ClientCorrelationValue')
  if (echo && !bindings.has(spelt(echo, undefined))) return `${path}: ${shown(echo)} was not sent`
  return compareChildren(expected.children.filter(isLeft), actual.children.filter(isLeft), bindings, {
    path,
    attribute: place.attribute,
    operation,
  })
}

function operationOf({ children }: Node): string {
  return children.find(({ name }) => name === 'Operation')?.value ?? ''
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
    // A server has as many generators as it has.
    if (
      one.name === 'RNGParameters' &&
      !left.some(({ name }) => name === one.name) &&
      found.length > left.length
    )
      continue
    const at = free ? findMatch(one, left, bindings, inside) : left.findIndex(({ name }) => name === one.name)
    if (at < 0)
      return `${place.path}: ${shown(one)} is missing among ${left.map(shown).join(', ') || 'nothing'}`
    const other = left.splice(at, 1)[0] as Node
    const wrong = compare(one, other, bindings, inside)
    if (wrong !== undefined) return wrong
  }
  if (told.has(place.operation)) return undefined
  const more = left.filter(({ name }) => !(place.operation === 'Query' && extensible.has(name)))
  return more.length === 0 ? undefined : `${place.path}: ${more.map(shown).join(', ')} is too much`
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

  override isOpen(name: string, operation: string): boolean {
    return this.#outer.isOpen(name, operation)
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
  // A date that no client has set is the server's own, and when it answers.
  if (expected.type === 'DateTime' && (!bindings.has(want) || expected.name === 'TimeStamp')) return undefined
  if (
    bindings.isOpen(expected.name, place.operation) &&
    (serversOwn.has(place.operation) || !bindings.has(want)) &&
    bindings.matches(want, actual.value)
  )
    return undefined
  return `${place.path}${place.attribute === undefined ? '' : ` (${place.attribute})`}: ${actual.value.slice(0, 80)} instead of ${expected.value.slice(0, 80)}`
}

function shown({ name, value, children }: Node): string {
  const inside = children.map(({ value }) => value).filter((text) => text !== '')
  return `${name} ${value || inside.join(' ')}`.trim().slice(0, 100)
}
