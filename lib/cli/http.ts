import type { IncomingMessage } from 'node:http'
import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { text } from 'node:stream/consumers'
import { rootCertificates } from 'node:tls'
import { type ErrorCode, type ErrorDetails, errorCodes, MortiseError } from '../errors/index.js'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
type Query = Readonly<Record<string, string | number | undefined>>

/** The admin API of a server, with problem documents turned back into the errors that they came from. */
export class AdminApi {
  readonly #base: string
  readonly #token: string | undefined
  readonly #root: string | undefined

  /** @param root PEM of a certificate that the server's may lead to, beside those that Node trusts */
  constructor(url: string, token: string | undefined, root?: string) {
    this.#base = `${url.replace(/\/+$/, '')}/admin/v1`
    this.#token = token
    this.#root = root
  }

  get<Answer>(path: string, query: Query = {}): Promise<Answer> {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) search.set(name, String(value))
    return this.call('GET', search.size > 0 ? `${path}?${search}` : path)
  }

  post<Answer>(path: string, body?: object): Promise<Answer> {
    return this.call('POST', path, body)
  }

  /** @throws MORTISE_SERVER_UNREACHABLE, and whatever the server answers */
  async call<Answer>(method: Method, path: string, body?: object): Promise<Answer> {
    const response = await this.#ask(method, path, body)
    const answer = await text(response)
    if (isOk(response)) return (answer === '' ? undefined : JSON.parse(answer)) as Answer
    throw toError(response.statusCode, answer)
  }

  /** Sends a body and answers with the pieces of another one. */
  async stream(path: string, body: object): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#ask('POST', path, body)
    if (!isOk(response)) throw toError(response.statusCode, await text(response))
    return this.#pieces(response)
  }

  async *#pieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body
    } catch (cause) {
      throw new MortiseError('MORTISE_SERVER_UNREACHABLE', `${this.#base} has broken off its answer`, {
        cause,
      })
    }
  }

  /** Not by fetch, which can be told of no certificates. */
  async #ask(method: Method, path: string, body: object | undefined): Promise<IncomingMessage> {
    try {
      return await new Promise((resolve, reject) => {
        const url = new URL(this.#base + path)
        const content = body && JSON.stringify(body)
        const headers = {
          ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
          ...(content && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(content),
          }),
        }
        const ca = this.#root === undefined ? {} : { ca: [...rootCertificates, this.#root] }
        const request =
          url.protocol === 'https:'
            ? secure(url, { method, headers, ...ca })
            : plain(url, { method, headers })
        request.on('response', resolve).on('error', reject).end(content)
      })
    } catch (cause) {
      const { message, code } = cause as NodeJS.ErrnoException
      throw new MortiseError(
        'MORTISE_SERVER_UNREACHABLE',
        `${this.#base} cannot be reached: ${message || code}`,
        {
          cause,
        },
      )
    }
  }
}

function isOk({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300
}

/** One segment of a path: ids, and names with whatever is in them. */
export function segment(text: string): string {
  return encodeURIComponent(text)
}

function toError(status: number | undefined, answer: string): MortiseError {
  try {
    const { code, detail, details } = JSON.parse(answer) as {
      code: string
      detail: string
      details?: ErrorDetails
    }
    if (Object.hasOwn(errorCodes, code)) {
      return new MortiseError(code as ErrorCode, detail, details ? { details } : {})
    }
  } catch {
    // Not a server of Mortise, or something between that answered for it.
  }
  return new MortiseError(
    'MORTISE_SERVER_UNREACHABLE',
    `the server answers ${status}, but not as Mortise does`,
  )
}
