import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { FactorPurpose } from '../factors/challenges.js'
import { type FactorMethod, factorMethods } from '../factors/factors.js'
import type { AccessServices } from '../services.js'

/** What a second factor is to be proved for. */
export interface FactorChallenge {
  /** To send with the answer: 32 random bytes, base64url. A passkey signs it. */
  readonly challenge: string
  /** Milliseconds since 1970. */
  readonly expires: number
  /** What it may be answered by. */
  readonly methods: readonly FactorMethod[]
  /** For `navigator.credentials.get`: the relying party, null where there are no passkeys; and the ids of the passkeys. */
  readonly rpId: string | null
  readonly credentials: readonly string[]
}

/**
 * Asks somebody whose password is known to be right, or who is logged in, for a second factor: within 5 minutes, and with 5 wrong
 * answers at most.
 *
 * @throws MORTISE_AUTH_FACTOR_ENROLMENT_REQUIRED for somebody who has none
 */
export const challengeFactor: SystemOperation<AccessServices, FactorPurpose, FactorChallenge> = {
  name: 'ChallengeFactor',
  permission: 'SelfManage',
  durability: 'written',
  beforePasswordChange: true,
  async prepare(services, actor, purpose) {
    const { factors, recoveryCodes, factorPolicies, challenges, relyingParty } = services
    const enrolled = (await factors.enrolled(actor.id)).map(({ value }) => value)
    if (enrolled.length === 0) throw new MortiseError('MORTISE_AUTH_FACTOR_ENROLMENT_REQUIRED')
    const has = new Set<FactorMethod>(enrolled.map(({ method }) => method))
    if ((await recoveryCodes.left(actor.id)) > 0) has.add('recovery')
    const policies = await factorPolicies.about(actor)
    const enough = [...has].filter((method) => policies.every(({ methods }) => methods.includes(method)))
    // Whoever has only what is not enough comes in by it, to enrol another one.
    const methods = factorMethods.filter((method) =>
      enough.length > 0 ? enough.includes(method) : has.has(method),
    )
    const { text, expires, row } = challenges.make({ principal: actor.id, purpose })
    const passkeys = enrolled.filter((factor) => factor.method === 'passkey')
    return {
      answer: {
        ...{ challenge: text, expires, methods },
        rpId: relyingParty?.rpId ?? null,
        credentials: passkeys.map(({ credential }) => credential),
      },
      rows: { records: [row] },
      detail: { methods },
    }
  },
}
