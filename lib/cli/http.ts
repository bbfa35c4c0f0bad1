import { type ErrorCode, type ErrorDetails, errorCodes, MortiseError } from '../errors/index.js'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
type Query = Readonly<Record<string, string | number | undefined>>

/** The admin API of a server, with problem documents turned back into the errors that they came from. */
export class AdminApi {
  readonly #base: string
  readonly #token: string | undefined

  constructor(url: string, token: string | undefined) {
    this.#base = `${url.replace(/\/+$/, '')}/admin/v1`
    this.#token = token
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
    const response = await this.#fetch(method, path, body)
    const text = await response.text()
    if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as Answer
    throw toError(response.status, text)
  }

  /** Sends a body and answers with the pieces of another one. */
  async stream(path: string, body: object): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#fetch('POST', path, body)
    if (!response.ok) throw toError(response.status, await response.text())
    return this.#pieces(response.body ?? [])
  }

  async *#pieces(body: AsyncIterable<Uint8Array> | Iterable<never>): AsyncGenerator<Uint8Array> {
    try {
      yield* body
    } catch (cause) {
      throw new MortiseError('MORTISE_SERVER_UNREACHABLE', `${this.#base} has broken off its answer`, {
        cause,
      })
    }
  }

  async #fetch(method: Method, path: string, body: object | undefined): Promise<Response> {
    try {
      return await fetch(this.#base + path, {
        method,
        headers: {
          ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        redirect: 'error',
      })
    } catch (cause) {
      const reason = (cause as { cause?: Error }).cause?.message ?? (cause as Error).message
      throw new MortiseError('MORTISE_SERVER_UNREACHABLE', `${this.#base} cannot be reached: ${reason}`, {
        cause,
      })
    }
  }
}

/** One segment of a path: ids, and names with whatever is in them. */
export function segment(text: string): string {
  return encodeURIComponent(text)
}

function toError(status: number, text: string): MortiseError {
  try {
    const { code, detail, details } = JSON.parse(text) as {
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
