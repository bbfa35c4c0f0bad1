import type { Test } from 'tap'
import { hashOf, type Signed, type Signer, sessionist } from '../support/keyservice.js'
import { Face } from './face.js'

/** A keyservice with one real service, and what everybody sends. */
export class Parties {
  readonly face: Face
  readonly service: Signer

  private constructor(face: Face, service: Signer) {
    this.face = face
    this.service = service
  }

  static async open(
    t: Test,
    flags: Readonly<Record<string, string>> = {},
    options: Parameters<typeof Face.open>[2] = {},
  ): Promise<Parties> {
    const face = await Face.open(t, { '--faces-keyservice': 'true', ...flags }, options)
    return new Parties(face, await Parties.addService(face, 'realservice-1', ['my_cool_website']))
  }

  static async addService(
    face: Face,
    keyId: string,
    namespaces: readonly string[],
    allowFrom = ['127.0.0.1'],
  ) {
    const body = { keyId, namespaces, allowFrom }
    return (await face.admin('POST', '/keyservice/services', { body })).json
  }

  /** @param of what is signed, where that is another */
  send(
    by: Signer,
    method: string,
    path: string,
    payload?: string,
    { headers = {}, ...of }: Partial<Signed> & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    const { keyId, secret } = by
    const signed = sessionist({
      keyId,
      secret,
      method,
      path,
      ...(payload !== undefined && { payload }),
      ...of,
    })
    return this.face.ask(method, path, {
      token: null,
      headers: { ...signed, 'content-type': 'text/plain', ...headers },
      ...(payload !== undefined && { body: payload }),
    })
  }

  async init(): Promise<string> {
    return (await this.face.ask('POST', '/init', { token: null })).json.initToken
  }

  connect(initToken: string, userId = '347', by = this.service, namespace = 'my_cool_website') {
    const body = { namespace, userId, initTokenHash: hashOf(initToken) }
    return this.send(by, 'POST', '/connect', JSON.stringify(body))
  }

  /** A client of a user. */
  async client(userId = '347', by = this.service, namespace = 'my_cool_website') {
    const secret = await this.init()
    const { json } = await this.connect(secret, userId, by, namespace)
    return { keyId: json.sessionToken as string, secret }
  }
}
