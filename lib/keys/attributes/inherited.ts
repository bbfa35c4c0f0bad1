import type { ObjectAttributes } from '../../operation/index.js'

/** What the replacement of a key takes over (KMIP 2.1, Re-key): not its dates, links and history, nor what was counted. */
const taken = [
  'sensitive',
  'usageLimits',
  'description',
  'comment',
  'contactInformation',
  'objectGroups',
  'alternativeNames',
  'applicationSpecific',
  'vendorAttributes',
  'cryptographicParameters',
  'nistKeyTypes',
  'keyValueLocations',
  'pkcs12FriendlyName',
  'protectionLevel',
  'protectionPeriod',
  'quantumSafe',
] as const satisfies readonly (keyof ObjectAttributes)[]

export function inheritedValues(values: ObjectAttributes): Partial<ObjectAttributes> {
  return Object.fromEntries(
    taken.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
  )
}
