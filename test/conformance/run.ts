import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requestOfXml, xmlOfTtlv } from '../../lib/faces/kmip/index.js'
import { native, TtlvDecoder, TtlvWriter } from '../../lib/native/index.js'
import { exchangesOf } from './case.js'
import { Bindings, difference } from './compare.js'

const writer = new TtlvWriter(native)
const decoder = new TtlvDecoder(native)

/** Sends a body and answers the body of the answer. */
export type Send = (contentType: string, body: Buffer) => Promise<Buffer>

/** How a message is sent: in XML as it is printed, or as the bytes that it means. */
export const encodings = {
  xml: async (send: Send, xml: string) => (await send('text/xml', Buffer.from(xml))).toString(),
  binary: async (send: Send, xml: string) => {
    const answer = await send('application/octet-stream', requestOfXml(writer, xml).bytes)
    return xmlOfTtlv(decoder.decode(answer))
  },
}
export type EncodingName = keyof typeof encodings

/** Every case of a folder and the folders in it. */
export function casesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.name.endsWith('.xml'))
    .map((file) => join(file.parentPath, file.name))
    .sort()
}

/** Plays a case. @returns what was different first, or undefined */
export async function play(file: string, send: Send, encoding: EncodingName): Promise<string | undefined> {
  const xml = readFileSync(file, 'utf8')
  const bindings = new Bindings(xml)
  const exchanges = exchangesOf(xml)
  if (exchanges.length === 0) return 'it has no messages'
  for (const [i, { request, response }] of exchanges.entries()) {
    try {
      const answer = await encodings[encoding](send, bindings.fill(request))
      if (response === '') continue
      const wrong = difference(response, answer, bindings)
      if (wrong !== undefined) return `message ${i + 1}: ${wrong}${reasonIn(answer)}`
    } catch (error) {
      return `message ${i + 1}: ${(error as Error).message}`
    }
  }
  return undefined
}

function reasonIn(answer: string): string {
  const [, text] = /<ResultMessage type="TextString" value="([^"]*)"/.exec(answer) ?? []
  return text === undefined ? '' : ` [${text}]`
}
