import { MortiseError } from '../../errors/index.js'
import type { RecordWrite } from '../../operation/index.js'
import type { FactorMethod, Factors, StoredPasskey, StoredTotp } from './factors.js'
import type { RecoveryCodes } from './recovery_codes.js'
import type { RelyingParty } from './relying_party.js'
import { matchingStep } from './totp.js'
import { type PasskeyAssertion, verifyAssertion } from './webauthn.js'

/** An answer to a challenge: one of a code of an authenticator app, a recovery code and what a passkey has signed. */
export interface FactorProof {
  readonly challenge: string
  /** 6 digits. */
  readonly totp?: string
  readonly recovery?: string
  readonly passkey?: PasskeyAssertion
}

/** What looks after the factors of principals. */
interface Keepers {
  readonly factors: Factors
  readonly recoveryCodes: RecoveryCodes
  readonly relyingParty: RelyingParty | null
}

/** How a proof was right, and the row after which it is so never again. */
interface Right {
  readonly method: FactorMethod
  readonly row: RecordWrite
}

/** @throws MORTISE_INPUT_INVALID unless there is one answer */
export function methodOf({ totp, recovery, passkey }: FactorProof): FactorMethod {
  const given = Object.entries({ totp, recovery, passkey }).filter(([, answer]) => answer !== undefined)
  const [method] = given
  if (method && given.length === 1) return method[0] as FactorMethod
  throw new MortiseError('MORTISE_INPUT_INVALID', 'give one of totp, recovery and passkey')
}

/**
 * Whether a principal has the factor. Undefined for whatever is wrong.
 *
 * @param time milliseconds since 1970
 * @param alone whether it is the only factor of a login
 * @throws MORTISE_INPUT_INVALID unless there is one answer
 */
export async function prove(
  keepers: Keepers,
  principal: string,
  proof: FactorProof,
  time: number,
  alone: boolean,
): Promise<Right | undefined> {
  const { totp = '', recovery = '', passkey } = proof
  const method = methodOf(proof)
  if (passkey) return provePasskey(keepers, principal, proof.challenge, passkey, alone)
  if (method === 'totp') return proveTotp(keepers, principal, totp, time)
  const row = await keepers.recoveryCodes.use(principal, recovery)
  return row && { method, row }
}

async function proveTotp(
  { factors }: Keepers,
  principal: string,
  code: string,
  time: number,
): Promise<Right | undefined> {
  for (const { value, version } of await factors.enrolled(principal)) {
    if (value.method !== 'totp') continue
    const used = useTotp(value, code, time)
    if (used) return { method: 'totp', row: factors.write(used, version) }
  }
  return undefined
}

/** The factor after its code was used; undefined for another code, and for one of a step that was used before. */
export function useTotp(factor: StoredTotp, code: string, time: number): StoredTotp | undefined {
  const secret = Buffer.from(factor.secret, 'base64')
  const used = matchingStep(secret, code, time, factor.used ?? -1)
  return used === undefined ? undefined : { ...factor, used }
}

async function provePasskey(
  { factors, relyingParty }: Keepers,
  principal: string,
  challenge: string,
  assertion: PasskeyAssertion,
  alone: boolean,
): Promise<Right | undefined> {
  const stored = await factors.withCredential(assertion.id)
  if (!stored || !relyingParty || stored.value.principal !== principal) return undefined
  const counter = await verifyAssertion(relyingParty, challenge, assertion, stored.value, alone)
  if (counter === undefined) return undefined
  const used: StoredPasskey = { ...stored.value, counter }
  return { method: 'passkey', row: factors.write(used, stored.version) }
}
