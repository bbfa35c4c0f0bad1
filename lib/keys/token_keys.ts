import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import type { Clock, RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'

const namespace = 'token-key'
const key = 'all'
const day = 24 * 60 * 60 * 1000
/** Milliseconds that one key signs: 90 days. */
const period = 90 * day
/** Milliseconds that the public half of a key is published that signs no more: no token lives longer. */
export const tokenKeyOverlap = day + 60 * 60 * 1000

/** Milliseconds that a key is published at most. */
export const tokenKeyLife = period + tokenKeyOverlap

/** What keys of tokens are, by how they sign (RFC 7518 section 3.1, RFC 8037 section 3.1). */
export const tokenKeyKinds = {
  RS256: { algorithm: 'RSA', length: 2048 },
  PS256: { algorithm: 'RSA', length: 2048 },
  ES256: { algorithm: 'EC', curve: 'P-256' },
  EdDSA: { algorithm: 'Ed25519' },
} as const
export type TokenKeyAlgorithm = keyof typeof tokenKeyKinds

/** A key that signs access tokens, or has. */
export interface TokenKey {
  /** Ids of the objects; that of the public key is its `kid`. */
  readonly privateKey: string
  readonly publicKey: string
  /** JOSE's name of how it signs. Undefined on what was made before there was a choice: RS256. */
  readonly algorithm?: TokenKeyAlgorithm
  /** Milliseconds since 1970 from which it signs. */
  readonly since: number
  /** Milliseconds since 1970 from which nobody has to verify by it any more; null of the one that signs. */
  readonly until: number | null
}

export function signsBy({ algorithm = 'RS256' }: TokenKey): TokenKeyAlgorithm {
  return algorithm
}

/** Which keys sign access tokens: one of each algorithm does, those before it are published for a while. */
export class TokenKeys {
  readonly #barrier: Barrier
  readonly #clock: Clock
  readonly #records: RecordReader<{ readonly keys: readonly TokenKey[] }>

  constructor(store: Store, barrier: Barrier, clock: Clock) {
    this.#barrier = barrier
    this.#clock = clock
    this.#records = new RecordReader(store, barrier, namespace)
  }

  /** The newest first. @throws MORTISE_BARRIER_INTEGRITY */
  read(): Promise<Stored<{ readonly keys: readonly TokenKey[] }> | undefined> {
    return this.#records.read(key)
  }

  /** Those that tokens may be verified by, the newest first. */
  async published(): Promise<readonly TokenKey[]> {
    const now = this.#clock.now()
    return ((await this.read())?.value.keys ?? []).filter(({ until }) => until === null || now < until)
  }

  /** The one that signs by an algorithm, unless it is time for another. */
  async signing(algorithm: TokenKeyAlgorithm): Promise<TokenKey | undefined> {
    const newest = ((await this.read())?.value.keys ?? []).find((key) => signsBy(key) === algorithm)
    return newest && this.#clock.now() < newest.since + period ? newest : undefined
  }

  write(keys: readonly TokenKey[], version: number): RecordWrite {
    return writeRecord(this.#barrier, { namespace, key, version, expires: null, index: {} }, { keys })
  }
}
