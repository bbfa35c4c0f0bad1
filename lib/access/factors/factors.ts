import { type Barrier, RecordReader, type Stored, writeRecord } from '../../barrier/index.js'
import { MortiseError } from '../../errors/index.js'
import type { RecordWrite } from '../../operation/index.js'
import type { Store } from '../../storage/index.js'

/** Key: principal id, `/`, factor id. */
const namespace = 'factor'

/** Factors of one principal, those that are being enrolled among them: a login looks at each. */
const factorsOfPrincipal = 10
/** Milliseconds that an enrolment waits for the code that confirms it. */
export const enrolmentPeriod = 10 * 60_000

/** What a second factor is proved by: a code of an authenticator app, a passkey, or a recovery code. */
export const factorMethods = ['totp', 'passkey', 'recovery'] as const
export type FactorMethod = (typeof factorMethods)[number]

/** A second factor without what proves it. */
export interface Factor {
  /** UUID. */
  readonly id: string
  /** Principal id. */
  readonly principal: string
  readonly method: Exclude<FactorMethod, 'recovery'>
  /** What its owner calls it. */
  readonly label: string
  /** Milliseconds since 1970, UTC. */
  readonly created: number
}

export interface StoredTotp extends Factor {
  readonly method: 'totp'
  /** Base64. */
  readonly secret: string
  /** The last step of which a code was used; null until the first one confirms that the app has the secret. */
  readonly used: number | null
}

export interface StoredPasskey extends Factor {
  readonly method: 'passkey'
  /** Credential id, base64url. */
  readonly credential: string
  /** A COSE key (RFC 9052), base64url. */
  readonly publicKey: string
  /** The signature counter of the last assertion; 0 for ever where the authenticator has none. */
  readonly counter: number
  /** How the browser reaches it, for its own use. */
  readonly transports: readonly string[]
}

export type StoredFactor = StoredTotp | StoredPasskey

/** The second factors that principals have. */
export class Factors {
  readonly #barrier: Barrier
  readonly #records: RecordReader<StoredFactor>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
  }

  /** Those that a login is asked for. */
  async enrolled(principal: string): Promise<Stored<StoredFactor>[]> {
    return (await this.#of(principal)).filter(({ value }) => isConfirmed(value))
  }

  /** @throws MORTISE_FACTOR_NOT_FOUND, MORTISE_BARRIER_INTEGRITY */
  async read(principal: string, id: string): Promise<Stored<StoredFactor>> {
    const stored = await this.#records.read(`${principal}/${id}`)
    if (!stored) throw new MortiseError('MORTISE_FACTOR_NOT_FOUND', `there is no second factor ${id}`)
    return stored
  }

  /** The passkey of a credential id, whoever's it is. */
  async withCredential(credential: string): Promise<Stored<StoredPasskey> | undefined> {
    const [stored] = await this.#records.page(1, undefined, { field: 'credential', value: credential })
    return stored as Stored<StoredPasskey> | undefined
  }

  /** @throws MORTISE_INPUT_INVALID for one that has as many as it can have */
  async requireRoom(principal: string): Promise<void> {
    if ((await this.#of(principal)).length < factorsOfPrincipal) return
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `a principal has at most ${factorsOfPrincipal} second factors: remove one first`,
    )
  }

  /** The row that keeps a factor, in place of the version `before`: for a time only, until it is confirmed. */
  write(factor: StoredFactor, before = 0): RecordWrite {
    const { id, principal, created } = factor
    const identity = {
      namespace,
      key: `${principal}/${id}`,
      version: before + 1,
      expires: isConfirmed(factor) ? null : created + enrolmentPeriod,
      index: { principal, ...(factor.method === 'passkey' && { credential: factor.credential }) },
    }
    return writeRecord(this.#barrier, identity, factor)
  }

  remove({ key, version }: Stored<StoredFactor>): RecordWrite {
    return { remove: { namespace, key, version } }
  }

  /** The rows that end all of a principal. */
  async removeAll(principal: string): Promise<RecordWrite[]> {
    return (await this.#of(principal)).map((stored) => this.remove(stored))
  }

  #of(principal: string): Promise<Stored<StoredFactor>[]> {
    const where = { field: 'principal', value: principal }
    return this.#records.page(2 * factorsOfPrincipal, undefined, where)
  }
}

/** What may be told of a factor. */
export function told({ id, principal, method, label, created }: Factor): Factor {
  return { id, principal, method, label, created }
}

/** @throws MORTISE_INPUT_INVALID */
export function checkedLabel(label: string): string {
  if (label.length <= 255) return label
  throw new MortiseError('MORTISE_INPUT_INVALID', 'the label of a second factor has at most 255 characters')
}

function isConfirmed(factor: StoredFactor): boolean {
  return factor.method !== 'totp' || factor.used !== null
}
