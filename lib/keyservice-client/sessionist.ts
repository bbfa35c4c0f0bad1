/** What a request is signed with. */
export interface Credentials {
  /** A session token, or the key id of a real service. */
  readonly keyId: string
  /** The init token of the session, or the secret that the service shares with the keyservice. */
  readonly secret: string
}

export interface RequestToSign {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** As the keyservice sees it: `/key`. */
  readonly path: string
  /** Default nothing. */
  readonly payload?: Uint8Array
}

/** What is only given to have the same again. */
interface Given {
  /** Default now. */
  readonly date?: Date
  /** 16 to 128 bytes. Default 64 random ones. */
  readonly nonce?: Uint8Array
}

const utf8 = new TextEncoder()

/**
 * The headers that sign a request (sessionist, version 1): HMAC-SHA-512 over nonce, method, path, payload and date. The date is in X-Date, as
 * browsers do not let pages set the other.
 */
export async function signatureHeaders(
  { keyId, secret }: Credentials,
  { method, path, payload = new Uint8Array() }: RequestToSign,
  { date = new Date(), nonce = crypto.getRandomValues(new Uint8Array(64)) }: Given = {},
): Promise<{ readonly authorization: string; readonly 'x-date': string }> {
  const time = date.toUTCString()
  const key = await crypto.subtle.importKey(
    'raw',
    utf8.encode(secret),
    { name: 'HMAC', hash: 'SHA-512' },
    false,
    ['sign'],
  )
  const parts = [nonce, utf8.encode(`${method}${path}`), payload, utf8.encode(time)]
  const mac = await crypto.subtle.sign('HMAC', key, joined(parts))
  const authorization = `ss1 keyid=${keyId}, hash=${hex(new Uint8Array(mac))}, nonce=${hex(nonce)}`
  return { authorization, 'x-date': time }
}

/** What the real service is told of an init token: SHA-512, base64. */
export async function hashOfInitToken(initToken: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-512', utf8.encode(initToken))
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
