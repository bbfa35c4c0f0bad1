import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'

export interface NewCodes {
  /** 10, each good for one login: to be kept apart from the other factors. This is the only place where they ever stand. */
  readonly codes: readonly string[]
}

/**
 * Recovery codes for oneself, in place of those that there were.
 *
 * @throws MORTISE_INPUT_INVALID for somebody who has no other second factor: there is nothing to recover
 */
export const newRecoveryCodes: SystemOperation<AccessServices, Record<never, never>, NewCodes> = {
  name: 'NewRecoveryCodes',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare({ factors, recoveryCodes }, actor) {
    if ((await factors.enrolled(actor.id)).length === 0)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'enrol a second factor before you make recovery codes')
    const { codes, row } = await recoveryCodes.renew(actor.id)
    return { answer: { codes }, rows: { records: [row] }, detail: { count: codes.length } }
  },
}
