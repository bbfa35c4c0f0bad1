import { MortiseError } from '../../errors/index.js'
import type { WrapEncoding, WrapMethod } from '../../native/index.js'
import type { AlsoOn, State } from '../../operation/index.js'

/** Another managed key that a key is wrapped by. */
export interface Wrapping {
  /** Id or name. */
  readonly key: string
  readonly method: WrapMethod
  /** What is wrapped: the key (`none`, the default), or KMIP's Key Value around it in TTLV. */
  readonly encoding?: WrapEncoding
}

/** What wrapping or unwrapping by another key asks of that one. */
export function askedOfWrapping(
  wrapping: Wrapping | undefined,
  usage: 'WrapKey' | 'UnwrapKey',
  states: readonly State[],
): readonly AlsoOn<unknown>[] {
  if (!wrapping) return []
  return [{ target: { object: wrapping.key }, permission: usage, states, purposes: ['general'], usage }]
}

/** The longest password that a private key is encrypted under, in bytes of UTF-8. */
const longestPassword = 1024

/**
 * A password as the bytes that PBKDF2 takes; the caller wipes them.
 *
 * @throws MORTISE_INPUT_INVALID for an empty one
 */
export function passwordBytes(password: string | undefined): Buffer | undefined {
  if (password === undefined) return undefined
  const bytes = Buffer.from(password, 'utf8')
  if (bytes.length === 0) throw new MortiseError('MORTISE_INPUT_INVALID', 'the password is empty')
  if (bytes.length <= longestPassword) return bytes
  bytes.fill(0)
  throw new MortiseError('MORTISE_INPUT_TOO_LARGE', `a password may have ${longestPassword} bytes at most`)
}
