/** Bytes of all that a directory answers to one attempt. */
const mostBytes = 4 * 2 ** 20
const [enumerated, integer, octets, sequence, set] = [0x0a, 0x02, 0x04, 0x30, 0x31] as const

/** An element of BER (ITU-T X.690 section 8.1) of definite length. */
interface Element {
  readonly tag: number
  readonly content: Buffer
  readonly whole: Buffer
}

/**
 * What a directory sends, as whole messages of the shape of RFC 4511 section 4. The library takes a message that is cut short
 * within for one that goes on for ever, and one without a result for success: it is given neither.
 */
export class Messages {
  #rest = Buffer.alloc(0)
  #bytes = 0

  /** Whether nothing has come of another one. */
  get isEmpty(): boolean {
    return this.#rest.length === 0
  }

  /**
   * @returns the messages that are whole now, without controls: none was asked for
   * @throws Error for what is no LDAP, or too much of it
   */
  take(chunk: Buffer): Buffer[] {
    this.#bytes += chunk.length
    if (this.#bytes > mostBytes) throw new Error('the directory answers too much')
    this.#rest = Buffer.concat([this.#rest, chunk])
    const messages: Buffer[] = []
    for (;;) {
      const message = elementAt(this.#rest, 0)
      if (!message) return messages
      this.#rest = this.#rest.subarray(message.whole.length)
      messages.push(checked(message))
    }
  }
}

/** Of a message of {@link Messages}: which answer it is, to which message, and with what result. */
export function resultOf(message: Buffer): { id: number; operation: number; result: number | undefined } {
  const [whole] = elements(message) as [Element]
  const [id, operation] = elements(whole.content) as [Element, Element]
  const [code] = elements(operation.content)
  return {
    id: id.content.readIntBE(0, id.content.length),
    operation: operation.tag,
    result: code?.content[0],
  }
}

function checked({ tag, content }: Element): Buffer {
  const [id, operation] = elements(content)
  if (
    tag !== sequence ||
    id?.tag !== integer ||
    id.content.length < 1 ||
    id.content.length > 4 ||
    !operation ||
    !shapes[operation.tag]?.(operation.content)
  )
    throw new Error('what answers does not speak LDAP')
  const head = Buffer.from([sequence, 0x84, 0, 0, 0, 0])
  head.writeUInt32BE(id.whole.length + operation.whole.length, 2)
  return Buffer.concat([head, id.whole, operation.whole])
}

/** Of the answers that there are to what is asked: those to a bind, a search and an extended request. */
const shapes: Readonly<Record<number, (content: Buffer) => boolean>> = {
  [0x61]: isResult,
  [0x65]: isResult,
  [0x78]: isResult,
  [0x73]: (content) => elements(content).every(is(octets)),
  [0x64]: (content) => {
    const [name, attributes, ...more] = elements(content)
    return (
      name?.tag === octets &&
      attributes?.tag === sequence &&
      more.length === 0 &&
      elements(attributes.content).every((one) => one.tag === sequence && isAttribute(one.content))
    )
  },
}

/** Section 4.1.9. */
function isResult(content: Buffer): boolean {
  const [code, name, message] = elements(content)
  return (
    code?.tag === enumerated && code.content.length === 1 && name?.tag === octets && message?.tag === octets
  )
}

/** Section 4.1.7. */
function isAttribute(content: Buffer): boolean {
  const [type, values, ...more] = elements(content)
  return (
    type?.tag === octets &&
    values?.tag === set &&
    more.length === 0 &&
    elements(values.content).every(is(octets))
  )
}

function is(tag: number): (element: Element) => boolean {
  return (element) => element.tag === tag
}

function elements(bytes: Buffer): Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at)
    if (!element) throw new Error('a message of the directory is cut short')
    found.push(element)
    at += element.whole.length
  }
  return found
}

/** Undefined while it is not whole. */
function elementAt(bytes: Buffer, at: number): Element | undefined {
  const [tag, first] = [bytes[at], bytes[at + 1]]
  if (tag === undefined || first === undefined) return undefined
  const more = first < 0x80 ? 0 : first - 0x80
  if (first >= 0x80 && (more < 1 || more > 4)) throw new Error('what answers does not speak LDAP')
  const begin = at + 2 + more
  if (begin > bytes.length) return undefined
  const length = more === 0 ? first : bytes.readUIntBE(at + 2, more)
  if (length > mostBytes) throw new Error('the directory answers too much')
  const end = begin + length
  if (end > bytes.length) return undefined
  return { tag, content: bytes.subarray(begin, end), whole: bytes.subarray(at, end) }
}
