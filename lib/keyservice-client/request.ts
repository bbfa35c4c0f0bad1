import { type Credentials, type RequestToSign, signatureHeaders } from './sessionist.js'

/** Where a keyservice is. */
export interface KeyserviceLocation {
  /** What stands before /init, /connect and /key: `https://keys.example.org`, `https://example.org/keyservice`. */
  readonly url: string | URL
  /** What of its path the keyservice does not see, because a proxy takes it away. Default nothing. */
  readonly unsignedPath?: string
}

/** What the keyservice has refused. */
export class KeyserviceError extends Error {
  override readonly name = 'KeyserviceError'
  /** Of HTTP: 401 for a session that has ended, 412 where what is kept is another, 429 for too many requests. */
  readonly status: number
  /** Seconds to wait after too many requests; null where it does not say. */
  readonly retryAfter: number | null

  constructor(status: number, message: string, retryAfter: number | null) {
    super(message)
    this.status = status
    this.retryAfter = retryAfter
  }
}

interface Options {
  readonly credentials?: Credentials
  readonly payload?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** @throws KeyserviceError for what is refused, TypeError where the keyservice cannot be reached */
export async function ask(
  { url, unsignedPath = '' }: KeyserviceLocation,
  method: RequestToSign['method'],
  name: 'init' | 'connect' | 'key',
  { credentials, payload, headers = {} }: Options = {},
): Promise<Response> {
  const target = new URL(`${String(url).replace(/\/+$/, '')}/${name}`)
  const { pathname } = target
  const path = pathname.startsWith(unsignedPath) ? pathname.slice(unsignedPath.length) : pathname
  const signed =
    credentials && (await signatureHeaders(credentials, { method, path, ...(payload && { payload }) }))
  const answer = await fetch(target, {
    method,
    headers: { ...headers, ...signed },
    ...(payload && { body: payload }),
    credentials: 'omit',
  })
  if (answer.ok) return answer
  throw await refusalOf(answer)
}

async function refusalOf(answer: Response): Promise<KeyserviceError> {
  const wait = answer.headers.get('retry-after')
  const body: unknown = await answer.json().catch(() => undefined)
  const errors = (body as { readonly errors?: readonly { readonly descr?: string }[] } | undefined)?.errors
  const message = errors?.map(({ descr }) => descr).join(' ') || `the keyservice answers ${answer.status}`
  return new KeyserviceError(answer.status, message, wait === null ? null : Number(wait))
}
