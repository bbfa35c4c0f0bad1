import { type ErrorCode, errorCodes } from './codes.js'

export { type ErrorCode, errorCodes } from './codes.js'

/** Facts about a failure that are safe to show: never key bytes, never secrets. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/**
 * The one error class of Mortise.
 *
 * `code` is stable and documented in docs/errors.md; `status` is the HTTP status that faces derive their own
 * dialect from; `message` says what is wrong and what to do. Tell errors apart by `code`:
 *
 * ```ts
 * try { await me.decrypt(id, box) } catch (error) {
 *   if (isMortiseError(error, 'MORTISE_CRYPTO_DECRYPTION_FAILED')) ...
 * }
 * ```
 */
export class MortiseError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message?: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    const row = errorCodes[code]
    super(message ?? row.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = row.status
    this.details = options.details ?? {}
  }
}
Object.defineProperty(MortiseError.prototype, 'name', { value: 'MortiseError', enumerable: false })

/** Whether `error` is a MortiseError, and of that `code` when one is given. */
export function isMortiseError<C extends ErrorCode>(
  error: unknown,
  code?: C,
): error is MortiseError & { readonly code: C } {
  return error instanceof MortiseError && (code === undefined || error.code === code)
}
