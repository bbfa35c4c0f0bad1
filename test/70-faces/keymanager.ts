import type { Answer, Face } from './face.js'

/** The Keymanager on a new store, as a client of the group KEYMANAGER_ADMIN asks it. */
export class KeymanagerClient {
  readonly face: Face
  readonly token: string

  private constructor(face: Face, token: string) {
    this.face = face
    this.token = token
  }

  /** With ROOT, and a key for each of the applications. */
  static async on(face: Face, applications: readonly string[]): Promise<KeymanagerClient> {
    const admin = await face.keyManager.as('admin')
    await admin.createGroup({ name: 'KEYMANAGER_ADMIN' })
    await admin.keymanager.createRoot()
    await admin.keymanager.admit({ application: 'ROOT', reference: '' }, { group: 'KEYMANAGER_ADMIN' })
    const client = await KeymanagerClient.of(face)
    const { keymanager } = await face.keyManager.as('openspp')
    for (const application of applications) await keymanager.makeKey({ application, reference: '' })
    return client
  }

  /** With the keys that are there. */
  static async of(face: Face): Promise<KeymanagerClient> {
    const token = await face.tokenOf('openspp')
    await (await face.keyManager.as('admin')).addMember('KEYMANAGER_ADMIN', 'openspp')
    return new KeymanagerClient(face, token)
  }

  /** With what the module of OpenSPP puts around every request. */
  ask(method: string, path: string, request?: object, token = this.token): Promise<Answer> {
    return this.face.ask(method, `/v1/keymanager${path}`, {
      token: null,
      headers: { cookie: `Authorization=${token}` },
      ...(request && { body: wrapped(request) }),
    })
  }

  /** What is in the answer; what is refused is thrown. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it says itself
  async answered(path: string, request?: object, method = request ? 'POST' : 'GET'): Promise<any> {
    const { json, text } = await this.ask(method, path, request)
    if (!json.response) throw new Error(text)
    return json.response
  }

  /** Status, response and code. */
  async refused(path: string, request?: object, method = request ? 'POST' : 'GET'): Promise<unknown[]> {
    const { status, json } = await this.ask(method, path, request)
    return [status, json.response, json.errors?.[0]?.errorCode]
  }

  async certificatesOf(
    application: string,
    reference = '',
  ): Promise<{ certificateData: string; keyId: string }[]> {
    const query = reference === '' ? '' : `&referenceId=${reference}`
    return (await this.answered(`/getAllCertificates?applicationId=${application}${query}`)).allCertificates
  }
}

export const timeStamp = '2030-01-01T00:00:00.000Z'

export function wrapped(request: object) {
  return { id: 'string', version: 'string', requesttime: timeStamp, metadata: {}, request }
}

export function b64(bytes: Uint8Array | string): string {
  return (typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes)).toString('base64url')
}

export function fromB64(text: string): Buffer {
  return Buffer.from(text, 'base64url')
}
