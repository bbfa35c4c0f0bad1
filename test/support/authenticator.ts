import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { PasskeyAssertion, PasskeyCreation, PasskeyRegistration } from '../../lib/index.js'

/** What a test has the authenticator, or the browser before it, do otherwise than it should. */
interface Twist {
  readonly origin?: string
  readonly rpId?: string
  /** Whether it has verified who uses it. Default true. */
  readonly verified?: boolean
  readonly counter?: number
  readonly userHandle?: string | undefined
  readonly type?: string
  /** The attestation statement of a registration, in CBOR, after its format. */
  readonly attestation?: readonly [format: string, statement: Buffer]
}

/** An authenticator with one passkey and the browser before it, as far as WebAuthn level 3 asks for them: ES256, no attestation. */
export class Authenticator {
  readonly credential = randomBytes(32).toString('base64url')
  readonly #rpId: string
  readonly #origin: string
  readonly #key: KeyObject
  readonly #public: Buffer
  #counter = 0
  #userHandle = ''

  constructor(rpId: string, origin: string) {
    this.#rpId = rpId
    this.#origin = origin
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    this.#key = privateKey
    // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
    this.#public = Buffer.concat([
      Buffer.from('a5010203262001215820', 'hex'),
      Buffer.from(x, 'base64url'),
      Buffer.from('225820', 'hex'),
      Buffer.from(y, 'base64url'),
    ])
  }

  /** navigator.credentials.create */
  create({ challenge, user }: PasskeyCreation, twist: Twist = {}): PasskeyRegistration {
    this.#userHandle = user.id
    const id = Buffer.from(this.credential, 'base64url')
    const length = Buffer.from([id.length >> 8, id.length])
    const attested = Buffer.concat([Buffer.alloc(16), length, id, this.#public])
    const data = Buffer.concat([this.#data(twist, 0x40), attested])
    const [format, statement] = twist.attestation ?? ['none', Buffer.of(0xa0)]
    const attestationObject = Buffer.concat([
      Buffer.of(0xa3),
      ...[text('fmt'), text(format), text('attStmt'), statement],
      ...[text('authData'), Buffer.of(0x59, data.length >> 8, data.length), data],
    ]).toString('base64url')
    const clientDataJSON = this.#client('webauthn.create', challenge, twist).toString('base64url')
    const response = { clientDataJSON, attestationObject, transports: ['internal'] }
    return { id: this.credential, rawId: this.credential, type: 'public-key', response }
  }

  /** navigator.credentials.get */
  get(challenge: string, twist: Twist = {}): PasskeyAssertion {
    this.#counter++
    const client = this.#client('webauthn.get', challenge, twist)
    const data = this.#data(twist, 0)
    const signed = Buffer.concat([data, createHash('sha256').update(client).digest()])
    const userHandle = 'userHandle' in twist ? twist.userHandle : this.#userHandle
    return {
      id: this.credential,
      rawId: this.credential,
      type: 'public-key',
      response: {
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: sign('sha256', signed, this.#key).toString('base64url'),
        ...(userHandle !== undefined && { userHandle }),
      },
    }
  }

  #client(type: string, challenge: string, twist: Twist): Buffer {
    const { origin = this.#origin } = twist
    return Buffer.from(JSON.stringify({ type: twist.type ?? type, challenge, origin, crossOrigin: false }))
  }

  #data({ rpId = this.#rpId, verified = true, counter = this.#counter }: Twist, flags: number): Buffer {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    const hash = createHash('sha256').update(rpId).digest()
    return Buffer.concat([hash, Buffer.of(flags | 0x01 | (verified ? 0x04 : 0)), count])
  }
}

/** A short text in CBOR. */
function text(of: string): Buffer {
  return Buffer.concat([Buffer.of(0x60 + of.length), Buffer.from(of)])
}
