import { MortiseError } from '../errors/index.js'
import type { ProviderStream } from '../hsm/index.js'
import type { CipherMode } from '../native/index.js'

interface Begun {
  readonly object: string
  readonly mode: CipherMode
  readonly encrypts: boolean
  readonly iv: Buffer
  readonly stream: ProviderStream
  /** The call that has begun it. */
  readonly first: object
  /** The last call, and what came of it: an operation that is decided again is not done again. */
  done: { readonly call: object; readonly output: Buffer } | undefined
  ended: boolean
}

/**
 * Data that one key encrypts or decrypts in several calls, each decided and recorded like any other. It is bound to the key and the mode of
 * the first one.
 */
export class CipherStream {
  #begun: Begun | undefined

  /** Whether nothing has come before this call, which may be decided once more. */
  begins(call?: object): boolean {
    return this.#begun === undefined || this.#begun.first === call
  }

  begin(begun: Omit<Begun, 'done' | 'ended'>): void {
    this.#begun = { ...begun, done: undefined, ended: false }
  }

  /**
   * The IV that the first part has told.
   *
   * @throws MORTISE_INPUT_INVALID for another key or mode than it had
   */
  iv(object: string, mode: CipherMode, encrypts: boolean): Buffer {
    const begun = this.#begun
    if (begun?.object === object && begun.mode === mode && begun.encrypts === encrypts) return begun.iv
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'all parts of data go to one key in one mode, one way: begin again',
    )
  }

  /**
   * @returns what can be told by now; with the last part the rest, and the tag behind it
   * @throws MORTISE_CRYPTO_DECRYPTION_FAILED
   */
  next(call: object, part: Uint8Array, last: boolean): Buffer {
    const begun = this.#begun
    if (!begun) throw new MortiseError('MORTISE_INTERNAL')
    if (begun.done?.call === call) return begun.done.output
    if (begun.ended) throw new MortiseError('MORTISE_INPUT_INVALID', 'the data has ended')
    begun.ended = last
    const told = begun.stream.update(part)
    const output = last ? Buffer.concat([told, begun.stream.final()]) : told
    begun.done = { call, output }
    return output
  }
}
