import type { SystemOperation } from '../../operation/index.js'
import { checkKeyName } from '../key_names.js'
import type { KeymanagerPolicy } from '../policies.js'
import type { KeymanagerServices } from '../services.js'

export interface SetKeymanagerPolicyInput extends KeymanagerPolicy {
  /** 1 to 36 letters, digits, dots, dashes and underscores. */
  readonly application: string
}

/** Says how long the keys of an application are valid: an application is one that has a policy. */
export const setKeymanagerPolicy: SystemOperation<KeymanagerServices, SetKeymanagerPolicyInput, void> = {
  name: 'SetKeymanagerPolicy',
  permission: 'AuthorityCreate',
  durability: 'synced',
  async prepare({ keymanagerPolicies }, _actor, { application, days, preExpireDays }) {
    checkKeyName({ application, reference: '' })
    return {
      answer: undefined,
      rows: { records: [await keymanagerPolicies.write(application, { days, preExpireDays })] },
      detail: { application, days, preExpireDays },
    }
  },
}
