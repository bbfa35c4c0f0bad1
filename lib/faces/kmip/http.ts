import type { FastifyReply, FastifyRequest } from 'fastify'
import { MortiseError } from '../../errors/index.js'
import { native, TtlvDecoder, type TtlvMessage, TtlvWriter } from '../../native/index.js'
import { type App, doorOf, type Login } from '../http/index.js'
import { bareAnswer } from './bare.js'
import { byName, chosenId, completed, olderAnswer } from './cosmian4.js'
import { jsonOfTtlv, requestOfJson, requestOfXml, type TextRequest, xmlOfTtlv } from './encodings/index.js'
import type { JsonItem } from './encodings/json.js'
import type { Engine, Entrance } from './engine/engine.js'

/** A message in JSON or XML is so much longer than in TTLV. */
const textFactor = 8

export interface KmipHttpOptions {
  readonly engine: Engine
  readonly login: Login
  /** Bytes of a message. */
  readonly largestMessage: number
  /** Whether operations alone are those of clients of Cosmian 4. */
  readonly cosmian4: boolean
}

/** How a content type is read and written. */
interface Encoding {
  readonly read: (body: Buffer) => TextRequest & {
    /** Gives the answer to an operation alone another shape. */
    readonly shaped?: (answer: string) => string
    /** What it means where there is no object that it names. */
    readonly otherwise?: Buffer
  }
  readonly write: (message: TtlvMessage) => string
}

/**
 * KMIP over HTTP: POST /kmip takes a message in TTLV, XML or JSON by its content type and answers in kind, with the status 200 whatever
 * became of it (KMIP 2.1 profiles, HTTPS). POST /kmip/2_1 takes JSON whatever the type, an operation alone too.
 */
export async function kmipFace(
  app: App,
  { engine, login, largestMessage, cosmian4 }: KmipHttpOptions,
): Promise<void> {
  const decoder = new TtlvDecoder(native, { largestMessage })
  const writer = new TtlvWriter(native)
  const text = (read: (writer: TtlvWriter, text: string) => TextRequest) => (body: Buffer) =>
    read(writer, body.toString('utf8'))
  const xml: Encoding = { read: text(requestOfXml), write: xmlOfTtlv }
  const json: Encoding = { read: text(requestOfJson), write: (message) => jsonOfTtlv(message) }
  const binary: Encoding = { read: (bytes) => ({ bytes }), write: () => '' }
  const encodings: Readonly<Record<string, Encoding>> = {
    'application/octet-stream': binary,
    'text/xml': xml,
    'application/xml': xml,
    'application/json': json,
  }

  /** How operations alone come from clients of Cosmian 4. */
  const json4: Encoding = {
    ...json,
    read(body) {
      let chosen: string | undefined
      let named: JsonItem | undefined
      const request = requestOfJson(writer, body.toString('utf8'), (item) => {
        chosen = chosenId(item)
        named = byName(item)
        return completed(item, Date.now())
      })
      return {
        ...request,
        shaped: (answer) => olderAnswer(answer, chosen),
        ...(named && { otherwise: requestOfJson(writer, JSON.stringify(named)).bytes }),
      }
    },
  }

  app.removeAllContentTypeParsers()
  const bodyOf = { parseAs: 'buffer', bodyLimit: largestMessage * textFactor } as const
  app.addContentTypeParser('*', bodyOf, (_request, body, done) => done(null, body))

  const answer = async (request: FastifyRequest, reply: FastifyReply, type: string, encoding: Encoding) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const entrance = entranceOf(request)
    let read: ReturnType<Encoding['read']> | undefined
    let bytes: Buffer
    try {
      read = encoding.read(body)
      bytes = await engine.answer(decoder.decode(read.bytes), entrance)
    } catch (error) {
      bytes = engine.refusal(error, entrance)
    }
    reply.type(type).header('cache-control', 'no-cache')
    if (encoding === binary) return reply.send(bytes)
    const message = decoder.decode(bytes)
    if (read?.bare === undefined) return reply.send(encoding.write(message))
    const first = bareAnswer(message, read.bare)
    const { status, text } =
      first.isNotFound && read.otherwise
        ? bareAnswer(decoder.decode(await engine.answer(decoder.decode(read.otherwise), entrance)), read.bare)
        : first
    if (status !== 200) return reply.code(status).type('text/plain').send(text)
    return reply.type(type).send(read.shaped?.(text) ?? text)
  }

  const entranceOf = (request: FastifyRequest): Entrance => {
    const token = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
    const door = { ...doorOf('kmip', request), connection: request.raw.socket }
    return { door, open: login === 'none', token }
  }

  app.post('/kmip', { schema: { hide: true } }, (request, reply) => {
    const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
    const encoding = encodings[type]
    if (encoding) return answer(request, reply, type, encoding)
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `KMIP comes as one of ${Object.keys(encodings).join(', ')}`,
    )
  })
  app.post('/kmip/2_1', { schema: { hide: true } }, (request, reply) =>
    answer(request, reply, 'application/json', cosmian4 ? json4 : json),
  )
}
