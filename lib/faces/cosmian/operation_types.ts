import type { GrantablePermission } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'

/** What any grant implies: to hear of the object, to find it, and to be told its attributes. */
const implied: readonly GrantablePermission[] = ['Get', 'GetAttributes', 'Locate']

/** The names that Cosmian's clients have for what may be done with an object, and the permissions that each takes here. */
const permissions: Readonly<Record<string, readonly GrantablePermission[]>> = {
  activate: ['Activate'],
  add_attribute: ['ModifyAttributes'],
  certify: ['Certify'],
  decrypt: ['Decrypt'],
  delete_attribute: ['ModifyAttributes'],
  derive_key: ['DeriveKey'],
  destroy: ['Destroy'],
  encrypt: ['Encrypt'],
  export: ['Export'],
  // KMIP's Get lets the key itself out.
  get: ['Export'],
  get_attributes: [],
  locate: [],
  mac: ['MAC', 'MACVerify'],
  modify_attribute: ['ModifyAttributes'],
  rekey: ['Rekey'],
  revoke: ['Revoke'],
  set_attribute: ['ModifyAttributes'],
  sign: ['Sign'],
  signature_verify: ['SignatureVerify'],
}

/** @throws MORTISE_INPUT_INVALID for a name that cannot be granted on an object */
export function permissionsOf(operations: readonly string[]): readonly GrantablePermission[] {
  return [...new Set([...implied, ...operations.flatMap(own)])]
}

/** What a grantee loses, which leaves it with what any grant implies. @throws MORTISE_INPUT_INVALID */
export function withdrawnBy(operations: readonly string[]): readonly GrantablePermission[] {
  return [...new Set(operations.flatMap(own))]
}

/** Whether nothing is left but what any grant implies. */
export function isEmpty(granted: readonly string[]): boolean {
  return granted.every((one) => implied.some((permission) => permission === one))
}

/** What somebody who has permissions may do, in the words of Cosmian's clients. */
export function operationsOf(granted: readonly string[]): string[] {
  return Object.entries(permissions)
    .filter(([, needed]) => [...implied, ...needed].every((permission) => granted.includes(permission)))
    .map(([operation]) => operation)
}

function own(operation: string): readonly GrantablePermission[] {
  const needed = Object.hasOwn(permissions, operation) ? permissions[operation] : undefined
  if (needed) return needed
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `${JSON.stringify(operation)} cannot be granted on an object: give some of ${Object.keys(permissions).join(', ')}`,
  )
}
