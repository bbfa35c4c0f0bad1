import { isMortiseError, MortiseError } from '../errors/index.js'
import {
  native,
  type Pkcs11Capabilities,
  type Pkcs11Policy,
  type Pkcs11Status,
  type Pkcs11Token,
  type Pkcs11TokenSelector,
} from '../native/index.js'

/** A token that keys may live on. */
export interface TokenOptions {
  /** What stands in the `provider` column of its keys: 1 to 64 letters, digits, `-` and `_`, and not `software`. Never changes. */
  readonly name: string
  /** Path of the PKCS#11 module, a shared library. */
  readonly module: string
  /** Which token of the module: by label or serial number. Slots are not asked for, since their numbers change. */
  readonly token: Pkcs11TokenSelector
  /** The PIN in UTF-8, or who has it: what a function answers is wiped after use. Without one nobody logs in. */
  readonly pin?: Uint8Array | (() => Uint8Array | Promise<Uint8Array>)
  /** For C_Initialize's pReserved: NSS's library parameters for instance. */
  readonly initialization?: string
  /** Whether the module may have been initialised by somebody else in this process. Default false. */
  readonly foreign?: boolean
  readonly policy?: Pkcs11Policy
}

/** How a token is doing. */
export interface TokenHealth {
  readonly name: string
  readonly module: string
  /** Code of the error with which it could not be opened; null once it was. */
  readonly code: string | null
  /** Why it is not ready; empty where it is. */
  readonly reason: string
  /** These are undefined until it was opened. */
  readonly status?: Pkcs11Status
  /** Slot number, as it was then. */
  readonly slot?: number
  readonly token?: Pkcs11Capabilities['token']
}

/** A token that was not there is not looked for again before so many milliseconds. */
const pause = 2000
const nameRule = /^[A-Za-z0-9_-]{1,64}$/

/** What may be otherwise the next time. A refused PIN is none of these: a few attempts lock a token. */
const passing = [
  'MORTISE_HSM_TOKEN_NOT_FOUND',
  'MORTISE_HSM_UNAVAILABLE',
  'MORTISE_HSM_TIMEOUT',
  'MORTISE_HSM_BUSY',
] as const

/** The pool of a token, opened when it is first needed; again where the token was not there. */
export class TokenConnection {
  readonly options: TokenOptions
  #opening: Promise<Pkcs11Token> | undefined
  #token: Pkcs11Token | undefined
  #failure: { readonly error: unknown; readonly at: number } | undefined
  #closed = false

  /** @throws MORTISE_CONFIG_INVALID */
  constructor(options: TokenOptions) {
    if (!nameRule.test(options.name) || options.name === 'software')
      throw new MortiseError(
        'MORTISE_CONFIG_INVALID',
        `a token cannot be named ${JSON.stringify(options.name)}: take 1 to 64 letters, digits, - and _`,
      )
    this.options = options
  }

  /** The pool, where it is open. */
  get opened(): Pkcs11Token | undefined {
    return this.#token
  }

  /** @throws MORTISE_HSM_MODULE, MORTISE_HSM_TOKEN_NOT_FOUND, MORTISE_HSM_LOGIN_REFUSED, MORTISE_HSM_UNAVAILABLE, MORTISE_CLOSED */
  async token(): Promise<Pkcs11Token> {
    if (this.#token) return this.#token
    if (this.#closed) throw new MortiseError('MORTISE_CLOSED')
    if (this.#failure && !this.#mayTryAgain(this.#failure)) throw this.#failure.error
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /** Opens it where that is possible by now. @throws what no later attempt would mend: the module, the PIN, the configuration */
  async start(): Promise<void> {
    try {
      await this.token()
    } catch (error) {
      if (!isPassing(error)) throw error
    }
  }

  health(): TokenHealth {
    const { name, module } = this.options
    if (this.#token) {
      const status = this.#token.status()
      const { slot, token } = this.#token.capabilities
      return { name, module, code: null, reason: status.reason, status, slot, token }
    }
    const { error } = this.#failure ?? {}
    return {
      name,
      module,
      code: isMortiseError(error) ? error.code : 'MORTISE_HSM_UNAVAILABLE',
      reason: error instanceof Error ? error.message : 'the token was not opened yet',
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#opening?.catch(() => undefined)
    await this.#token?.close()
    this.#token = undefined
  }

  #mayTryAgain({ error, at }: { readonly error: unknown; readonly at: number }): boolean {
    return isPassing(error) && performance.now() - at >= pause
  }

  async #open(): Promise<Pkcs11Token> {
    const { module, token, initialization, foreign, policy } = this.options
    let pin: Uint8Array | undefined
    try {
      pin = await this.#pin()
      this.#token = await native.openPkcs11({
        module,
        token,
        ...(pin && { pin }),
        ...(initialization !== undefined && { initialization }),
        ...(foreign !== undefined && { foreign }),
        ...(policy && { policy }),
      })
      this.#failure = undefined
      return this.#token
    } catch (error) {
      this.#failure = { error, at: performance.now() }
      throw error
    } finally {
      pin?.fill(0)
    }
  }

  /** A copy, so that the PIN is there again where the token was not. */
  async #pin(): Promise<Uint8Array | undefined> {
    const { pin } = this.options
    if (typeof pin === 'function') return pin()
    return pin && Uint8Array.from(pin)
  }
}

function isPassing(error: unknown): boolean {
  return passing.some((code) => isMortiseError(error, code))
}
