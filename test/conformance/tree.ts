import { scanXml } from '../../lib/faces/kmip/encodings/xml_scanner.js'
import { meaningOf, tagNames } from '../../lib/faces/kmip/index.js'

/** An item of a message in XML. */
export interface Node {
  readonly name: string
  readonly type: string
  readonly value: string
  readonly children: Node[]
}

export function treeOf(xml: string): Node {
  const root: Node = { name: '', type: 'Structure', value: '', children: [] }
  const open = [root]
  for (const event of scanXml(xml)) {
    if (event.kind === 'end') {
      open.pop()
      continue
    }
    const { attributes } = event
    const node: Node = {
      name: attributes.get('tag') ?? event.name,
      type: attributes.get('type') ?? 'Structure',
      value: attributes.get('value') ?? '',
      children: [],
    }
    open.at(-1)?.children.push(node)
    open.push(node)
  }
  return root.children[0] ?? root
}

/** One spelling of a value. */
export function spelt({ name, type, value }: Node, attribute: string | undefined): string {
  if (value.startsWith('$')) return value
  switch (type) {
    case 'DateTime':
      return String(Math.floor(Date.parse(value) / 1000))
    case 'ByteString':
    case 'BigInteger':
      return value.toLowerCase()
    case 'TextString':
      return value.replaceAll(/ +/g, ' ')
    case 'Integer':
      return /[A-Za-z]/.test(value) && !/^0x/.test(value) ? bits(value) : value
    case 'Enumeration': {
      const tag = tagNames.value(name)
      const names = tag === undefined ? undefined : meaningOf(tag, attribute).enumeration
      const number = names?.value(value) ?? (/^0x/.test(value) ? Number(value) : undefined)
      return number === undefined ? value : String(number)
    }
    default:
      return value
  }
}

function bits(value: string): string {
  return value
    .split(/\s+/)
    .filter((bit) => bit !== '')
    .map((bit) => (bit === 'ContentCommitment' ? 'ContentCommitmentNonRepudiation' : bit))
    .sort()
    .join(' ')
}
