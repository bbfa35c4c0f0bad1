import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import type { KeyServices } from '../services.js'

const longestMessage = 4096

export interface LogInput {
  /** 1 to 4,096 characters. */
  readonly message: string
}

/** Puts a message of a client on the audit trail (KMIP 2.1 section 6.1.29), under its name. */
export const log: SystemOperation<KeyServices, LogInput, undefined> = {
  name: 'Log',
  permission: 'Query',
  durability: 'synced',
  async prepare(_services, _actor, { message }) {
    if (message.length < 1 || message.length > longestMessage)
      throw new MortiseError('MORTISE_INPUT_INVALID', `a message has 1 to ${longestMessage} characters`)
    return { answer: undefined, detail: { message } }
  },
}
