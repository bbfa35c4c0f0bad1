import { type Node, spelt, treeOf } from '../conformance/tree.js'
import type { Face } from './face.js'

/** What an item of an answer says. */
export interface Item {
  readonly status: string
  readonly reason: string | undefined
  readonly message: string
  readonly payload: Node
  /** The value of the first field of a name, however deep. */
  field(name: string): string | undefined
  fields(name: string): string[]
}

export interface Asking {
  readonly header?: string
  /** Null: none. Default: the administrator's. */
  readonly token?: string | null
}

/** KMIP in XML over the server of a test. */
export class KmipClient {
  readonly #face: Face

  constructor(face: Face) {
    this.#face = face
  }

  /** @param items pairs of operation and payload, in XML */
  async ask(
    version: string,
    items: readonly (readonly [string, string])[],
    asking: Asking = {},
  ): Promise<Item[]> {
    const text = await this.text(messageOf(version, items, asking.header), asking.token)
    return itemsOf(treeOf(text))
  }

  async one(version: string, operation: string, payload: string, asking?: Asking): Promise<Item> {
    const [item] = await this.ask(version, [[operation, payload]], asking)
    if (!item) throw new Error('there is no item')
    return item
  }

  async text(xml: string, token?: string | null): Promise<string> {
    const { status, text } = await this.#face.ask('POST', '/kmip', {
      body: xml,
      headers: { 'content-type': 'text/xml' },
      ...(token !== undefined && { token }),
    })
    if (status !== 200) throw new Error(`${status} ${text}`)
    return text
  }
}

export function messageOf(
  version: string,
  items: readonly (readonly [string, string])[],
  header = '',
): string {
  const [major, minor] = version.split('.')
  const batch = items.map(
    ([operation, payload], i) =>
      `<BatchItem>${value('Operation', 'Enumeration', operation)}${value('UniqueBatchItemID', 'ByteString', `0${i}`)}<RequestPayload>${payload}</RequestPayload></BatchItem>`,
  )
  return `<RequestMessage><RequestHeader><ProtocolVersion>${value('ProtocolVersionMajor', 'Integer', major ?? '')}${value('ProtocolVersionMinor', 'Integer', minor ?? '')}</ProtocolVersion>${header}${value('BatchCount', 'Integer', String(items.length))}</RequestHeader>${batch.join('')}</RequestMessage>`
}

export function value(name: string, type: string, text: string): string {
  return `<${name} type="${type}" value="${text}"/>`
}

export const id = (text: string) => value('UniqueIdentifier', 'TextString', text)

export function itemsOf(message: Node): Item[] {
  return message.children.filter(({ name }) => name === 'BatchItem').map(itemOf)
}

function itemOf(item: Node): Item {
  const field = (name: string) => find(item, name)[0]
  return {
    status: field('ResultStatus') ?? '',
    reason: field('ResultReason'),
    message: field('ResultMessage') ?? '',
    payload: item.children.find(({ name }) => name === 'ResponsePayload') ?? item,
    field,
    fields: (name) => find(item, name),
  }
}

function find(node: Node, name: string): string[] {
  return node.children.flatMap((child) => [
    ...(child.name === name && child.type !== 'Structure' ? [child.value] : []),
    ...find(child, name),
  ])
}

/** Attributes of 1.x by their names: the value, or the values inside of a structure. */
export function attributesOf({ payload }: Item): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const { name, children } of payload.children) {
    if (name !== 'Attribute') continue
    const named = children.find((one) => one.name === 'AttributeName')?.value ?? ''
    const node = children.find((one) => one.name === 'AttributeValue')
    const values = node?.children.length
      ? node.children.map(({ value }) => value)
      : [node ? spelt(node, named) : '']
    found[named] = [...(found[named] ?? []), values.join(' ')]
  }
  return found
}
