import { isMortiseError, MortiseError } from '../../errors/index.js'
import { AlreadyDone } from '../../operation/index.js'
import { type Actor, type Door, vouched } from '../actor.js'
import type { Pipeline } from '../pipeline.js'
import type { Services } from '../services.js'
import { blobName, makeIndexKey, ownObject } from './blobs.js'
import { isFrom } from './networks.js'
import { connect, get, init, type KeptKey, type PutConditions, put } from './operations.js'
import { keyservicePrincipal } from './principal.js'
import { newSecret, type Proof, sessionKey } from './records.js'
import { isSignedWith, parseSessionist, type SessionistHeader, type SignedRequest } from './sessionist.js'

export interface KeyserviceOptions {
  /** Milliseconds until which an init token must be connected. */
  readonly initLifetime: number
  /** Milliseconds that a session lasts. */
  readonly sessionLifetime: number
  /** Milliseconds that the date of a request may be off. */
  readonly dateWindow: number
  /** How many versions of what a user keeps there are at most. */
  readonly versions: number
}

export interface ConnectUserInput {
  readonly namespace: string
  readonly userId: string
  /** SHA-512 of the init token. */
  readonly digest: Buffer
}

/** A real service that has proved who it is with one request. */
export interface ConnectingService {
  readonly keyId: string
  /**
   * The session token of a user.
   *
   * @throws MORTISE_AUTH_REQUIRED for a request that was made before, MORTISE_ACCESS_DENIED for a namespace that is not its own,
   *   MORTISE_TOKEN_NOT_FOUND where the init token was not given out, has expired or was connected
   */
  connect(input: ConnectUserInput): Promise<string>
}

/** A user who has proved its session with one request. */
export interface KeyserviceUser {
  /** @throws MORTISE_AUTH_REQUIRED for a request that was made before, MORTISE_KEY_NOT_FOUND for want of anything */
  get(): Promise<KeptKey>
  /**
   * @returns its entity tag
   * @throws MORTISE_AUTH_REQUIRED for a request that was made before, MORTISE_PRECONDITION_FAILED
   */
  put(bytes: Uint8Array, conditions: PutConditions): Promise<string>
}

/** Keeps one secret for each user of real services, which never see it. Whoever asks has signed each of its requests. */
export class Keyservice {
  readonly #pipeline: Pipeline
  readonly #options: KeyserviceOptions
  /** What requests are checked with whose secret is not known, so that they take as long. */
  readonly #noSecret = newSecret()

  private constructor(pipeline: Pipeline, options: KeyserviceOptions) {
    this.#pipeline = pipeline
    this.#options = options
  }

  static async open(pipeline: Pipeline, options: KeyserviceOptions): Promise<Keyservice> {
    try {
      await pipeline.run(keyserviceActor({ request: null }), makeIndexKey, {})
    } catch (error) {
      if (!(error instanceof AlreadyDone) && !isMortiseError(error, 'MORTISE_NAME_TAKEN')) throw error
    }
    return new Keyservice(pipeline, options)
  }

  /** An init token for whoever asks. */
  init(door: Door): Promise<string> {
    return this.#pipeline.run(keyserviceActor(door), init, { lifetime: this.#options.initLifetime })
  }

  /**
   * The real service that has signed a request.
   *
   * @throws MORTISE_ACCESS_DENIED for one that asks from elsewhere, before its signature is looked at; MORTISE_AUTH_REQUIRED whatever
   *   else is wrong
   */
  async service(request: SignedRequest, door: Door): Promise<ConnectingService> {
    const header = parseSessionist(request)
    const service = header && (await this.#services.keyservice.service(header.keyId))
    if (service && !isFrom(service.allowFrom, door.address)) {
      const message = `${service.keyId} does not ask from this address`
      throw await this.#denied(door, new MortiseError('MORTISE_ACCESS_DENIED', message), service.principal)
    }
    const proof = await this.#proved(request, header, service?.secret, door)
    const { principal = '' } = service ?? {}
    return {
      keyId: proof.keyId,
      connect: async ({ namespace, userId, digest }) => {
        const actor: Actor = { principal, face, request: door.request, address: door.address, entry: vouched }
        const blob = await this.#nameOf(namespace, userId)
        const lifetime = this.#options.sessionLifetime
        return this.#pipeline.run(actor, connect, { proof, namespace, blob, digest, lifetime })
      },
    }
  }

  /** The user whose session has signed a request. @throws MORTISE_AUTH_REQUIRED whatever is wrong */
  async user(request: SignedRequest, door: Door): Promise<KeyserviceUser> {
    const header = parseSessionist(request)
    const key = sessionKey(header?.keyId ?? '')
    const session = await this.#services.keyservice.session(key)
    const proof = await this.#proved(request, header, session?.initToken, door)
    const { blob = '' } = session ?? {}
    const actor = keyserviceActor(door)
    const input = { proof, session: key }
    return {
      get: () => this.#onBlob(blob, (object) => this.#pipeline.run(actor, get, { ...input, object })),
      put: (bytes, conditions) => {
        const { versions } = this.#options
        return this.#onBlob(blob, (object) =>
          this.#pipeline.run(actor, put, { ...input, ...conditions, object, blob, bytes, versions }),
        )
      },
    }
  }

  get #services(): Services {
    return this.#pipeline.services
  }

  async #nameOf(namespace: string, userId: string): Promise<string> {
    const name = await blobName(this.#services, namespace, userId)
    if (name !== undefined) return name
    throw new MortiseError('MORTISE_INTERNAL', 'the key is gone by which the objects of users are named')
  }

  /** Does something on the object of a user, or on none; again where it has come or gone meanwhile. */
  async #onBlob<T>(name: string, work: (object: string | undefined) => Promise<T>): Promise<T> {
    const object = await ownObject(this.#services, name)
    try {
      return await work(object && name)
    } catch (error) {
      const hasMoved = object
        ? isMortiseError(error, 'MORTISE_KEY_NOT_FOUND')
        : isMortiseError(error, 'MORTISE_NAME_TAKEN')
      if (!hasMoved) throw error
      return work(object ? undefined : name)
    }
  }

  /** @param secret undefined where it is not known whose the request is */
  async #proved(
    request: SignedRequest,
    header: SessionistHeader | undefined,
    secret: string | undefined,
    door: Door,
  ): Promise<Proof> {
    const isSigned = isSignedWith(secret ?? this.#noSecret, header ?? nothing, request)
    const reason =
      header === undefined
        ? 'no proper header'
        : secret === undefined
          ? 'unknown key id'
          : !isSigned
            ? 'wrong signature'
            : Math.abs(this.#services.clock.now() - header.date) > this.#options.dateWindow
              ? 'date out of the window'
              : undefined
    if (header && reason === undefined)
      return { keyId: header.keyId, nonce: header.nonce, expires: header.date + this.#options.dateWindow + 1 }
    const cause = new Error(reason)
    throw await this.#denied(door, new MortiseError('MORTISE_AUTH_REQUIRED', undefined, { cause }))
  }

  /** The error to throw once it is on the audit trail. */
  async #denied(door: Door, error: MortiseError, principal?: string): Promise<MortiseError> {
    const { cause } = error
    await this.#pipeline.record(keyserviceActor(door), 'Authenticate', 'denied', {
      code: error.code,
      detail: {
        method: 'sessionist',
        ...(principal !== undefined && { principal }),
        ...(cause instanceof Error && { reason: cause.message }),
      },
    })
    return error
  }
}

const face = 'keyservice'

/** The keyservice at work for whoever asks. */
function keyserviceActor({ request, address }: Pick<Actor, 'request' | 'address'>): Actor {
  return { principal: keyservicePrincipal.id, face, request, address, entry: vouched }
}

/** What is checked where there is no header. */
const nothing: SessionistHeader = { keyId: '', hash: Buffer.alloc(64), nonce: '', date: 0 }
