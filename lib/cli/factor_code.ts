import type { FactorProof } from '../core/index.js'
import { MortiseError } from '../errors/index.js'
import { readSecret } from './input.js'

/**
 * The answer to a challenge: a code of an authenticator app or a recovery code, which is asked for.
 *
 * @param methods what would do
 * @throws MORTISE_INPUT_INVALID where only a passkey would do, which takes a browser
 */
export async function answerChallenge(challenge: string, methods: readonly string[]): Promise<FactorProof> {
  if (!methods.some((method) => method !== 'passkey')) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'this takes a passkey, and a passkey takes a browser')
  }
  const code = (await readSecret('Code of the app, or a recovery code: ')).trim()
  return /^[\d ]+$/.test(code) ? { challenge, totp: code } : { challenge, recovery: code }
}
