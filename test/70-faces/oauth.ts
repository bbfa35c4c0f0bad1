import type { Test } from 'tap'
import type { NewOAuthClient } from '../../lib/core/index.js'
import { Face } from './face.js'

/** What a client asks with. */
export type Fields = string | Readonly<Record<string, string>>

/** The face on a port of its own, with clients to ask it. */
export class OAuthServer {
  readonly face: Face
  /** Of the server. */
  readonly url: string
  readonly issuer: string

  private constructor(face: Face, url: string) {
    this.face = face
    this.url = url
    this.issuer = `${url}/realms/mortise`
  }

  static async open(
    t: Test,
    flags: Readonly<Record<string, string>> = {},
    options: Parameters<typeof Face.open>[2] = {},
  ): Promise<OAuthServer> {
    const face = await Face.open(t, { '--faces-oauth': 'true', ...flags }, options)
    return new OAuthServer(face, await face.app.listen({ host: '127.0.0.1', port: 0 }))
  }

  async client(name: string, fields: object = {}): Promise<NewOAuthClient> {
    return (await this.face.admin('POST', '/clients', { body: { name, ...fields } })).json
  }

  /** A form to a path of the server. */
  async post(path: string, fields: Fields, headers: Readonly<Record<string, string>> = {}) {
    const answer = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers,
      body: new URLSearchParams(fields),
    })
    const text = await answer.text()
    // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it says itself
    const json: any = text === '' ? undefined : JSON.parse(text)
    return { status: answer.status, headers: answer.headers, json }
  }

  /** An access token by the credentials of a client. */
  async token(client: NewOAuthClient, fields: Readonly<Record<string, string>> = {}): Promise<string> {
    const asked = { grant_type: 'client_credentials', ...fields }
    return (await this.post('/oauth2/token', asked, basicOf(client))).json.access_token
  }

  async introspect(token: string, by: NewOAuthClient): Promise<Record<string, unknown>> {
    return (await this.post('/oauth2/introspect', { token }, basicOf(by))).json
  }
}

export function basic(name: string, secret: string) {
  return { authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}` }
}

export function basicOf({ client, secret }: NewOAuthClient) {
  return basic(client.name, secret.text)
}
