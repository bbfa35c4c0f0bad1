import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import t from 'tap'
import { scanXml } from '../../lib/faces/kmip/encodings/xml_scanner.js'
import { tagNames, xmlOfTtlv } from '../../lib/faces/kmip/index.js'
import { parse, serialize } from '../00-native/ttlv/reference.js'
import { treeOf } from '../00-native/ttlv/trees.js'
import { noVectors, vector, vectorPath } from '../support/vectors.js'
import { decoder, messageOfXml, survives } from './kmip.js'

const folder = vectorPath('kmip')
const skip = vector('kmip', 'README.md') === undefined && noVectors

const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)

/** The messages of a case. What a runner would fill in has a value of its type. */
function messagesOf(xml: string): string[] {
  return Array.from(xml.matchAll(/<(RequestMessage|ResponseMessage)\b[\s\S]*?<\/\1>/g), ([message]) =>
    message
      .replaceAll(/type="DateTime"\s+value="\$[^"]*"/g, 'type="DateTime" value="2026-01-02T03:04:05+00:00"')
      .replaceAll(/type="ByteString"\s+value="\$[^"]*"/g, 'type="ByteString" value="00ff"')
      .replaceAll(/type="BigInteger"\s+value="\$[^"]*"/g, 'type="BigInteger" value="0000000000000001"'),
  )
}

/** Elements and their attributes, alike where they mean the same. */
function contents(xml: string): string[] {
  return Array.from(scanXml(xml), (event) => {
    if (event.kind === 'end') return `/${event.name}`
    const type = event.attributes.get('type') ?? 'Structure'
    const value = event.attributes.get('value') ?? ''
    return `${event.name} ${type} ${meant(type, value)}`
  })
}

function meant(type: string, value: string): string {
  if (type === 'DateTime') return String(Date.parse(value))
  if (type === 'ByteString' || type === 'BigInteger') return value.toLowerCase()
  const isMask = type === 'Integer' && /[A-Za-z]/.test(value)
  if (isMask)
    return value
      .split(/\s+/)
      .map((bit) => otherBits[bit] ?? bit)
      .filter((bit) => bit !== '')
      .sort()
      .join()
  return value
}

/** Spellings of the cases that are not those of the tables. */
const otherBits: Readonly<Record<string, string>> = { ContentCommitment: 'ContentCommitmentNonRepudiation' }

t.test('every message of the OASIS cases survives XML, TTLV and JSON', { skip }, async (t) => {
  let count = 0
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.name.endsWith('.xml'))
    .map((file) => join(file.parentPath, file.name))
    .sort()
  for (const file of files) {
    const xml = vector('kmip', relative(folder, file))?.toString() ?? ''
    for (const [i, text] of messagesOf(xml).entries()) {
      const where = `${relative(folder, file)}, message ${i + 1}`
      count++
      try {
        const message = messageOfXml(text)
        const tree = parse(message.bytes, true)
        if (tree === undefined) throw new Error('the reference does not read it')
        if (JSON.stringify(tree, plain) !== JSON.stringify(treeOf(message), plain))
          throw new Error('the reference reads something else')
        if (!serialize(tree).equals(message.bytes)) throw new Error('the reference writes something else')
        if (!survives(message)) throw new Error('it does not survive')
        const [before, after] = [contents(text), contents(xmlOfTtlv(message))]
        const at = before.findIndex((one, i) => one !== after[i])
        if (at !== -1 || before.length !== after.length)
          throw new Error(`${before[at]} has become ${after[at]}`)
      } catch (error) {
        t.fail(`${where}: ${(error as Error).message}`)
      }
    }
  }
  t.ok(files.length > 400 && count > 5_000, `${count} messages in ${files.length} files`)
})

t.test('the bytes that OASIS prints', { skip }, async (t) => {
  const printed = JSON.parse(
    vector('kmip', 'wire', 'msgenc-profile-1.0-messages.json')?.toString() ?? '[]',
  ) as { hex: string }[]
  for (const { hex } of printed) {
    const bytes = Buffer.from(hex, 'hex')
    const message = decoder.decode(bytes)
    t.same(treeOf(message), parse(bytes, true))
    t.ok(survives(message))
    t.notMatch(xmlOfTtlv(message), /TTLV|0x/, 'every tag and value has a name')
  }
  t.ok(tagNames.name(0x420078))
})
