import { type ErrorCode, isMortiseError, MortiseError } from '../../../errors/index.js'
import { enumerations, isKnown } from '../tables/index.js'
import type { ValueRow, Version } from '../tables/rows.js'

export type Reason = keyof typeof enumerations.ResultReason

/** What only KMIP has a word for, so that no error code of the core says it. */
export class Refusal extends Error {
  readonly reason: Reason

  constructor(reason: Reason, message: string) {
    super(message)
    this.reason = reason
  }
}

export function refuse(reason: Reason, message: string): Refusal {
  return new Refusal(reason, message)
}

export function isRefusal(error: unknown, reason: Reason): boolean {
  return error instanceof Refusal && error.reason === reason
}

/** Why an item failed, as KMIP says it. */
export interface Failure {
  readonly reason: number
  readonly message: string
}

/** The reasons of each code: the first that a version knows. What is not here is GeneralFailure. */
const reasonsOf: { readonly [code in ErrorCode]?: readonly Reason[] } = {
  MORTISE_ACCESS_DENIED: ['PermissionDenied'],
  MORTISE_ATTRIBUTE_EXISTS: ['AttributeSingleValued', 'IllegalOperation'],
  MORTISE_ATTRIBUTE_NOT_FOUND: ['AttributeNotFound', 'ItemNotFound'],
  MORTISE_ATTRIBUTE_READ_ONLY: ['AttributeReadOnly', 'PermissionDenied'],
  MORTISE_AUTH_FACTOR_ENROLMENT_REQUIRED: ['PermissionDenied'],
  MORTISE_AUTH_FACTOR_REQUIRED: ['AuthenticationNotSuccessful'],
  MORTISE_AUTH_PASSWORD_CHANGE_REQUIRED: ['AuthenticationNotSuccessful'],
  MORTISE_AUTH_REQUIRED: ['AuthenticationNotSuccessful'],
  MORTISE_AUTH_STEP_UP_REQUIRED: ['PermissionDenied'],
  MORTISE_AUTH_TICKET_SPENT: ['UsageLimitExceeded', 'PermissionDenied'],
  MORTISE_CA_NOT_FOUND: ['InvalidField'],
  MORTISE_CA_STATE: ['PermissionDenied'],
  MORTISE_CERTIFICATE_REFUSED: ['InvalidField'],
  MORTISE_CRYPTO_DECRYPTION_FAILED: ['CryptographicFailure'],
  MORTISE_CRYPTO_FAILED: ['CryptographicFailure'],
  MORTISE_CRYPTO_IV_REPEATED: ['CryptographicFailure'],
  MORTISE_CRYPTO_KEY_INVALID: ['CryptographicFailure'],
  MORTISE_CRYPTO_LIMIT_REACHED: ['UsageLimitExceeded', 'PermissionDenied'],
  MORTISE_CRYPTO_POLICY: ['PermissionDenied'],
  MORTISE_CRYPTO_UNSUPPORTED: ['UnsupportedCryptographicParameters', 'InvalidField'],
  MORTISE_INPUT_INVALID: ['InvalidField'],
  MORTISE_INPUT_TOO_LARGE: ['ServerLimitExceeded', 'InvalidMessage'],
  MORTISE_KEY_ARCHIVED: ['ObjectArchived'],
  MORTISE_KEY_FORMAT: ['KeyFormatTypeNotSupported'],
  MORTISE_KEY_NOT_EXTRACTABLE: ['NotExtractable', 'PermissionDenied'],
  MORTISE_KEY_NOT_FOUND: ['ObjectNotFound', 'ItemNotFound'],
  MORTISE_KEY_PERIOD: ['WrongKeyLifecycleState', 'PermissionDenied'],
  MORTISE_KEY_PURPOSE: ['PermissionDenied'],
  MORTISE_KEY_STATE: ['WrongKeyLifecycleState', 'PermissionDenied'],
  MORTISE_KEY_USAGE: ['IncompatibleCryptographicUsageMask', 'PermissionDenied'],
  MORTISE_KEY_USAGE_LIMIT: ['PermissionDenied'],
  MORTISE_KMIP_MALFORMED: ['InvalidMessage'],
  MORTISE_NAME_TAKEN: ['NonUniqueNameAttribute', 'InvalidField'],
  MORTISE_QUORUM_REQUIRED: ['PermissionDenied'],
  MORTISE_X509_INVALID: ['InvalidCSR', 'InvalidField'],
  MORTISE_RATE_LIMITED: ['ServerLimitExceeded', 'GeneralFailure'],
}

/** What stands for a reason of later versions in those that lack it. */
const olderReasons: { readonly [reason in Reason]?: Reason } = {
  AttributeInstanceNotFound: 'ItemNotFound',
  ConstraintViolation: 'InvalidField',
  InvalidAttribute: 'InvalidField',
  InvalidAttributeValue: 'InvalidField',
  InvalidAsynchronousCorrelationValue: 'InvalidField',
  InvalidCorrelationValue: 'InvalidField',
  InvalidDataType: 'InvalidField',
  InvalidObjectType: 'InvalidField',
  InvalidTicket: 'AuthenticationNotSuccessful',
  KeyWrapTypeNotSupported: 'FeatureNotSupported',
  MultiValuedAttribute: 'InvalidField',
  NonUniqueNameAttribute: 'IllegalOperation',
  NotExtractable: 'PermissionDenied',
  NumericRange: 'InvalidField',
  ObjectAlreadyExists: 'IllegalOperation',
  ObjectDestroyed: 'PermissionDenied',
  Sensitive: 'PermissionDenied',
  UnsupportedAttribute: 'InvalidField',
  UnsupportedCryptographicParameters: 'InvalidField',
  UnsupportedProtocolVersion: 'InvalidMessage',
}

const rows: Readonly<Record<Reason, ValueRow>> = enumerations.ResultReason

/** What a version answers for an error. An error that is none of ours says nothing of itself. */
export function failureOf(error: unknown, version: Version): Failure {
  const reason = reasonOf(error).find((one) => isKnown(rows[one], version)) ?? 'GeneralFailure'
  const shown =
    error instanceof Refusal || isMortiseError(error) ? error : new MortiseError('MORTISE_INTERNAL')
  return { reason: rows[reason].value, message: shown.message }
}

function reasonOf(error: unknown): readonly Reason[] {
  if (error instanceof Refusal) {
    const older = olderReasons[error.reason]
    return older ? [error.reason, older] : [error.reason]
  }
  if (!isMortiseError(error)) return []
  if (error.code === 'MORTISE_KEY_NOT_EXTRACTABLE' && error.details['sensitive'])
    return ['Sensitive', 'PermissionDenied']
  if (error.code === 'MORTISE_ATTRIBUTE_READ_ONLY' && error.details['byState'])
    return ['WrongKeyLifecycleState', 'PermissionDenied']
  if (error.code === 'MORTISE_KEY_STATE' && error.details['elsewhere'])
    return ['KeyValueNotPresent', 'PermissionDenied']
  if (error.code === 'MORTISE_KEY_STATE' && String(error.details['state']).startsWith('Destroyed'))
    return ['ObjectDestroyed', 'PermissionDenied']
  return reasonsOf[error.code] ?? []
}
