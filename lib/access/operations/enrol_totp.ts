import { randomUUID } from 'node:crypto'
import type { SystemOperation } from '../../operation/index.js'
import { base32 } from '../factors/base32.js'
import { checkedLabel, type StoredTotp } from '../factors/factors.js'
import { otpauthUri } from '../factors/otpauth.js'
import { newTotpSecret } from '../factors/totp.js'
import type { AccessServices } from '../services.js'

export interface EnrolFactorInput {
  /** At most 255 characters. Default empty. */
  readonly label?: string
}

/** What an authenticator app is told, here and nowhere else. */
export interface TotpEnrolment {
  /** Of the factor. */
  readonly id: string
  /** `otpauth://totp/...`, to show as a QR code. */
  readonly uri: string
  /** The same secret for typing: 32 characters of base32. */
  readonly secret: string
}

/**
 * Gives oneself an authenticator app as a second factor. It counts once ConfirmTotp has seen a code of it, within 10 minutes.
 *
 * @throws MORTISE_INPUT_INVALID
 */
export const enrolTotp: SystemOperation<AccessServices, EnrolFactorInput, TotpEnrolment> = {
  name: 'EnrolTotp',
  permission: 'SelfManage',
  durability: 'synced',
  beforePasswordChange: true,
  async prepare({ factors, clock }, actor, { label = '' }) {
    await factors.requireRoom(actor.id)
    const secret = newTotpSecret()
    const factor: StoredTotp = {
      id: randomUUID(),
      principal: actor.id,
      method: 'totp',
      label: checkedLabel(label),
      created: clock.now(),
      secret: secret.toString('base64'),
      used: null,
    }
    return {
      answer: { id: factor.id, uri: otpauthUri(actor.name, secret), secret: base32(secret) },
      rows: { records: [factors.write(factor)] },
      detail: { factor: factor.id, label },
    }
  },
}
