import { randomUUID } from 'node:crypto'
import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { checkedLabel, type Factor, type StoredPasskey, told } from '../factors/factors.js'
import {
  type PasskeyCreation,
  type PasskeyRegistration,
  passkeyCreation,
  requireRelyingParty,
  verifyRegistration,
} from '../factors/webauthn.js'
import type { AccessServices } from '../services.js'
import type { EnrolFactorInput } from './enrol_totp.js'

export interface FinishPasskeyInput extends EnrolFactorInput {
  /** Of BeginPasskey. */
  readonly challenge: string
  readonly registration: PasskeyRegistration
  /** Id of the session that has proved the factor by this; null for none. */
  readonly session: string | null
}

/**
 * Begins to give oneself a passkey: the answer is for `navigator.credentials.create`, within 5 minutes.
 *
 * @throws MORTISE_INPUT_INVALID where passkeys are not configured
 */
export const beginPasskey: SystemOperation<AccessServices, Record<never, never>, PasskeyCreation> = {
  name: 'BeginPasskey',
  permission: 'SelfManage',
  durability: 'written',
  beforePasswordChange: true,
  async prepare({ factors, challenges, relyingParty }, actor) {
    const party = requireRelyingParty(relyingParty)
    await factors.requireRoom(actor.id)
    const { text, row } = challenges.make({ principal: actor.id, purpose: { kind: 'enrolment' } })
    const enrolled = (await factors.enrolled(actor.id)).map(({ value }) => value)
    const known = enrolled.filter((factor) => factor.method === 'passkey')
    return { answer: passkeyCreation(party, actor, text, known), rows: { records: [row] } }
  },
}

/** @throws MORTISE_INPUT_INVALID for what is no answer to the challenge, or a passkey that is registered already */
export const finishPasskey: SystemOperation<AccessServices, FinishPasskeyInput, Factor> = {
  name: 'FinishPasskey',
  permission: 'SelfManage',
  durability: 'synced',
  beforePasswordChange: true,
  async prepare(services, actor, { challenge, registration, label = '', session }) {
    const { factors, challenges, sessions, clock } = services
    const party = requireRelyingParty(services.relyingParty)
    const asked = await challenges.read(challenge)
    if (asked?.value.purpose.kind !== 'enrolment' || asked.value.principal !== actor.id)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'the challenge is not open any more: begin again')
    const passkey = await verifyRegistration(party, challenge, registration)
    if (await factors.withCredential(passkey.credential))
      throw new MortiseError('MORTISE_INPUT_INVALID', 'the passkey is registered already')
    const created = clock.now()
    const whose = { id: randomUUID(), principal: actor.id, label: checkedLabel(label), created }
    const factor: StoredPasskey = { ...whose, method: 'passkey', ...passkey }
    const remembered = await sessions.prove(session, { method: 'passkey', at: created })
    return {
      answer: told(factor),
      rows: { records: [factors.write(factor), challenges.spend(asked), ...remembered] },
      detail: { factor: factor.id, method: 'passkey', label },
    }
  },
}
