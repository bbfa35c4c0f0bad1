import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { KeyManager } from '../../lib/index.js'

export interface Signed {
  readonly keyId: string
  readonly secret: string
  readonly method: string
  readonly path: string
  readonly payload?: string
  readonly date?: string
  readonly nonce?: string
}

/** Who signs, and with what. */
export type Signer = Pick<Signed, 'keyId' | 'secret'>

/** The sessionist header, as its description has it. */
export function sessionist({ keyId, secret, method, path, payload = '', ...given }: Signed) {
  const { date = new Date().toUTCString(), nonce = randomBytes(64).toString('hex') } = given
  const signed = Buffer.concat([Buffer.from(nonce, 'hex'), Buffer.from(`${method}${path}${payload}${date}`)])
  const hash = createHmac('sha512', secret).update(signed).digest('hex')
  return { authorization: `ss1 keyid=${keyId}, hash=${hash}, nonce=${nonce}`, date }
}

export const hashOf = (token: string) => createHash('sha512').update(token).digest('base64')

const door = { face: 'keyservice', request: 'test', address: '127.0.0.1' }
const options = { initLifetime: 600_000, sessionLifetime: 600_000, dateWindow: 60_000, versions: 3 }

/** The keyservice of a key manager in this process, at a time that is now unless it is said. */
export async function keyserviceOf(km: KeyManager, time?: number) {
  const keyservice = await km.openKeyservice(options)
  const signed = (by: Signer, method: string, path: string, payload = '') => {
    const date = new Date(time ?? Date.now()).toUTCString()
    return {
      ...sessionist({ ...by, method, path, payload, date }),
      ...{ method, path, payload: Buffer.from(payload) },
    }
  }
  return {
    init: () => keyservice.init(door),
    /** A client of the user. */
    async connect(service: Signer, initToken: string, userId: string): Promise<Signer> {
      const caller = await keyservice.service(signed(service, 'POST', '/connect'), door)
      const digest = Buffer.from(hashOf(initToken), 'base64')
      const keyId = await caller.connect({ namespace: 'site', userId, digest })
      return { keyId, secret: initToken }
    },
    async put(client: Signer, text: string): Promise<string> {
      const user = await keyservice.user(signed(client, 'PUT', '/key', text), door)
      return user.put(Buffer.from(text), {})
    },
    async get(client: Signer): Promise<string> {
      const user = await keyservice.user(signed(client, 'GET', '/key'), door)
      return (await user.get()).bytes.toString()
    },
  }
}

/** A service that connects users of `site`. */
export const newService = (keyId: string) => ({ keyId, namespaces: ['site'], allowFrom: ['127.0.0.1'] })
