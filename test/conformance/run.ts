import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { requestOfXml, xmlOfTtlv } from '../../lib/faces/kmip/index.js'
import { native, TtlvDecoder, TtlvWriter } from '../../lib/native/index.js'
import { type Exchange, exchangesOf } from './case.js'
import { Bindings, difference } from './compare.js'

const writer = new TtlvWriter(native)
const decoder = new TtlvDecoder(native)

/** Sends a body and answers the body of the answer. */
export type Send = (contentType: string, body: Buffer) => Promise<Buffer>

/** A client that listens for what the server sends of its own accord. */
export interface Hear {
  begin(version: string): void
  /** The next message of an operation on an object. */
  next(operation: string, object: string): Promise<string>
  end(): void
}

/** The server that cases are played against. */
export interface Played {
  readonly send: Send
  readonly hear: Hear
  /** Its clock, milliseconds since 1970. */
  now(): number
  /** Has some milliseconds pass. */
  pass(milliseconds: number): void
}

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

/** Plays a case, with a client that listens where the server is to send something. @returns what was different first, or undefined */
export async function play(
  file: string,
  server: Played,
  encoding: EncodingName,
): Promise<string | undefined> {
  const { hear } = server
  const xml = readFileSync(file, 'utf8')
  // It asks for what was made in the last 20 seconds, and means its own.
  if (xml.includes('"$NOW-20"')) await setTimeout(21_000)
  const bindings = new Bindings(xml, server.now())
  const exchanges = exchangesOf(xml)
  if (exchanges.length === 0) return 'it has no messages'
  if (toClients.test(xml)) hear.begin(versionIn(xml))
  try {
    return await playAll(exchanges, bindings, server, encoding)
  } finally {
    hear.end()
  }
}

async function playAll(
  exchanges: readonly Exchange[],
  bindings: Bindings,
  { send, hear, pass }: Played,
  encoding: EncodingName,
): Promise<string | undefined> {
  for (const [i, { request, response, repeats }] of exchanges.entries()) {
    try {
      const [, toClient] = toClients.exec(request) ?? []
      if (toClient !== undefined) {
        const [, object = ''] = /<UniqueIdentifier [^>]*value="([^"]+)"/.exec(request) ?? []
        const wrong = difference(request, await hear.next(toClient, bindings.boundTo(object)), bindings)
        if (wrong !== undefined) return `message ${i + 1}: ${wrong}`
        continue
      }
      let answer = await encodings[encoding](send, bindings.fill(request))
      if (response === '') continue
      let wrong = difference(response, answer, bindings)
      for (let tries = 1; repeats && wrong !== undefined && tries < mostRepeats; tries++) {
        pass(60_000)
        answer = await encodings[encoding](send, bindings.fill(request))
        wrong = difference(response, answer, bindings)
      }
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

const mostRepeats = 5

/** What the server sends, and the client answers. */
const toClients = /<Operation type="Enumeration" value="(Notify|Put)"\/>\s*<RequestPayload>/

/** The version of the first message. */
function versionIn(xml: string): string {
  const [, major, minor] =
    /VersionMajor type="Integer" value="(\d)"\/>\s*<ProtocolVersionMinor type="Integer" value="(\d)"/.exec(
      xml,
    ) ?? []
  return `${major}.${minor}`
}
