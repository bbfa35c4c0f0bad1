import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { type Factor, told } from '../factors/factors.js'
import { useTotp } from '../factors/proof.js'
import type { AccessServices } from '../services.js'

export interface ConfirmTotpInput {
  /** Of the factor. */
  readonly id: string
  /** 6 digits: what the app shows now. */
  readonly code: string
  /** Id of the session that has proved the factor by this; null for none. */
  readonly session: string | null
}

/**
 * Completes an enrolment of oneself.
 *
 * @throws MORTISE_FACTOR_NOT_FOUND, MORTISE_INPUT_INVALID for another code than the present one
 */
export const confirmTotp: SystemOperation<AccessServices, ConfirmTotpInput, Factor> = {
  name: 'ConfirmTotp',
  permission: 'SelfManage',
  durability: 'synced',
  beforePasswordChange: true,
  async prepare({ factors, sessions, clock }, actor, { id, code, session }) {
    const { value, version } = await factors.read(actor.id, id)
    if (value.method !== 'totp' || value.used !== null)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'this factor does not wait for a code')
    const confirmed = useTotp(value, code, clock.now())
    if (!confirmed) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        'this is not the code that the app should show now: are both clocks right?',
      )
    }
    const remembered = await sessions.prove(session, { method: 'totp', at: clock.now() })
    return {
      answer: told(value),
      rows: { records: [factors.write(confirmed, version), ...remembered] },
      detail: { factor: id, method: 'totp', label: value.label },
    }
  },
}
