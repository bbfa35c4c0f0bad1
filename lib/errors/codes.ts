/**
 * Every error code of Mortise: MORTISE_AREA_REASON, its HTTP status, and the message used where the place that
 * throws has nothing more exact to say. docs/errors.md has a paragraph for each, and a test compares the two.
 */
export const errorCodes = {
  MORTISE_INPUT_INVALID: { status: 400, message: 'the request is not valid' },
  MORTISE_INPUT_TOO_LARGE: { status: 413, message: 'the input is larger than the limit allows' },
  MORTISE_CONFIG_INVALID: { status: 500, message: 'the configuration is not valid' },

  MORTISE_NATIVE_UNAVAILABLE: { status: 500, message: 'the native add-on could not be loaded' },
  MORTISE_SELFTEST_FAILED: {
    status: 500,
    message: 'a cryptographic self-test failed: every operation is refused',
  },
  MORTISE_MEMORY_LOCK_FAILED: {
    status: 500,
    message: 'memory for keys could not be locked: raise RLIMIT_MEMLOCK or set memory.lock to preferred',
  },

  MORTISE_CRYPTO_DECRYPTION_FAILED: { status: 400, message: 'decryption failed' },
  MORTISE_CRYPTO_UNSUPPORTED: { status: 400, message: 'the algorithm or its parameters are not supported' },
  MORTISE_CRYPTO_KEY_INVALID: { status: 400, message: 'the key material is not valid for its algorithm' },
  MORTISE_CRYPTO_LIMIT_REACHED: {
    status: 409,
    message: 'the key has reached the number of uses that is safe for its algorithm: rekey it',
  },
  MORTISE_CRYPTO_POLICY: {
    status: 403,
    message: 'the policy approved does not allow this algorithm, mode or size',
  },
  MORTISE_CRYPTO_IV_REPEATED: {
    status: 409,
    message:
      'the key has encrypted under this IV before: choose another one, or leave it out for a random one',
  },
  MORTISE_CRYPTO_FAILED: { status: 500, message: 'the cryptographic library refused the operation' },

  MORTISE_X509_INVALID: {
    status: 400,
    message: 'the certificate, request or revocation list is not well formed',
  },
  MORTISE_X509_PATH_INVALID: {
    status: 400,
    message: 'no valid path leads from the certificate to a trust anchor',
  },
  MORTISE_X509_OCSP_INVALID: { status: 400, message: 'the OCSP response is not to be believed' },

  MORTISE_CA_NOT_FOUND: { status: 404, message: 'no such certificate authority' },
  MORTISE_CA_STATE: {
    status: 409,
    message: 'the certificate authority is in a state that does not allow the operation',
  },
  MORTISE_CERTIFICATE_NOT_FOUND: { status: 404, message: 'the authority has no such certificate' },
  MORTISE_CERTIFICATE_STATE: {
    status: 409,
    message: 'the certificate is in a state that does not allow the operation',
  },
  MORTISE_CERTIFICATE_REFUSED: {
    status: 400,
    message: 'such a certificate is not issued: the profile, the authority or a lint is against it',
  },
  MORTISE_CERTIFICATE_TOKEN: {
    status: 403,
    message: 'this is no token that you may issue by now: prepare the certificate again',
  },
  MORTISE_CERTIFICATE_PROFILE_NOT_FOUND: { status: 404, message: 'no such certificate profile' },

  MORTISE_KEYMANAGER_APPLICATION: { status: 404, message: 'no application has this id: it needs a policy' },
  MORTISE_KEYMANAGER_REFERENCE: { status: 400, message: 'the key of this reference id is not for that' },
  MORTISE_KEYMANAGER_KEY_EXISTS: { status: 409, message: 'the application has such a key already' },
  MORTISE_KEYMANAGER_KEY_MISSING: {
    status: 409,
    message: 'a key above this one has not been made: make ROOT, and the key of the application',
  },
  MORTISE_KEYMANAGER_CERTIFICATE: { status: 400, message: 'the certificate is not one for this key' },
  MORTISE_KEYMANAGER_ENVELOPE: { status: 400, message: 'what is to be decrypted is not of this key' },

  MORTISE_KMIP_MALFORMED: { status: 400, message: 'the KMIP message is not well formed' },
  MORTISE_KMIP_REFUSED: { status: 502, message: 'another KMIP server refuses what it was asked' },

  MORTISE_AUTH_REQUIRED: { status: 401, message: 'credentials are missing or not valid' },
  MORTISE_AUTH_FACTOR_REQUIRED: {
    status: 401,
    message: 'a second factor is needed: answer the challenge with one of the methods',
  },
  MORTISE_AUTH_FACTOR_ENROLMENT_REQUIRED: {
    status: 403,
    message: 'a policy asks for a second factor: enrol one first',
  },
  MORTISE_AUTH_STEP_UP_REQUIRED: {
    status: 403,
    message: 'this takes a second factor that was proved lately: prove one',
  },
  MORTISE_AUTH_PASSWORD_CHANGE_REQUIRED: {
    status: 403,
    message: 'the password must be changed first: nothing else is allowed until it is',
  },
  MORTISE_AUTH_TICKET_SPENT: { status: 403, message: 'the ticket is used up: log in for another one' },
  MORTISE_ACCESS_DENIED: { status: 403, message: 'the principal has no right to this operation' },
  MORTISE_PRINCIPAL_NOT_FOUND: { status: 404, message: 'no such principal is registered' },
  MORTISE_PRINCIPAL_EXISTS: { status: 409, message: 'a principal of this name is registered already' },
  MORTISE_PRINCIPAL_LAST_ADMINISTRATOR: {
    status: 409,
    message: 'one enabled administrator must remain: make another one first',
  },
  MORTISE_PRINCIPAL_OWNS_KEYS: { status: 409, message: 'the principal owns keys that are not destroyed' },
  MORTISE_GROUP_NOT_FOUND: { status: 404, message: 'no such group' },
  MORTISE_GROUP_EXISTS: { status: 409, message: 'a group of this name exists already' },
  MORTISE_ROLE_NOT_FOUND: { status: 404, message: 'no such role' },
  MORTISE_ROLE_EXISTS: { status: 409, message: 'a role of this name exists already' },
  MORTISE_ROLE_HELD: { status: 409, message: 'the role is held: take it from its holders first' },
  MORTISE_ACCESS_BUILT_IN: {
    status: 409,
    message: 'what is built in or configured cannot be changed or deleted: make one of your own',
  },
  MORTISE_QUORUM_REQUIRED: {
    status: 403,
    message: 'others must approve this first: do it again, just so, once they have',
  },
  MORTISE_QUORUM_NOT_FOUND: { status: 404, message: 'no such quorum policy, or request that is pending' },
  MORTISE_GROUP_APPROVES: {
    status: 409,
    message: 'the members of the group approve by a quorum policy: change the policy first',
  },
  MORTISE_IDENTITY_NOT_FOUND: { status: 404, message: 'no such identity is linked' },
  MORTISE_IDENTITY_EXISTS: { status: 409, message: 'the identity is linked already: unlink it first' },
  MORTISE_CONNECTION_NOT_FOUND: { status: 404, message: 'no such connection' },
  MORTISE_CONNECTION_EXISTS: { status: 409, message: 'a connection of this name exists already' },
  MORTISE_CONNECTION_UNAVAILABLE: { status: 503, message: 'the connection cannot be asked at the moment' },
  MORTISE_CONNECTION_IN_USE: {
    status: 409,
    message: 'people are linked to the connection: unlink them first, or force it',
  },
  MORTISE_SESSION_NOT_FOUND: { status: 404, message: 'no such session: it has ended' },
  MORTISE_PASSWORD_POLICY_NOT_FOUND: { status: 404, message: 'no such password policy' },
  MORTISE_PASSWORD_POLICY_EXISTS: { status: 409, message: 'a password policy of this name exists already' },
  MORTISE_TOKEN_NOT_FOUND: { status: 404, message: 'no such token' },
  MORTISE_OAUTH_CLIENT_NOT_FOUND: { status: 404, message: 'no such OAuth client' },
  MORTISE_OAUTH_SCOPE_NOT_FOUND: { status: 404, message: 'no such scope' },
  MORTISE_OAUTH_SCOPE_EXISTS: { status: 409, message: 'a scope of this name exists already' },
  MORTISE_GATEWAY_NOT_FOUND: {
    status: 404,
    message: 'gateways know no such API, application or subscription',
  },
  MORTISE_GATEWAY_EXISTS: { status: 409, message: 'gateways know it already' },
  MORTISE_FACTOR_NOT_FOUND: { status: 404, message: 'no such second factor' },
  MORTISE_FACTOR_POLICY_NOT_FOUND: { status: 404, message: 'no such policy of second factors' },

  MORTISE_KEY_NOT_FOUND: { status: 404, message: 'no such object, or no right to know of it' },
  MORTISE_KEY_STATE: { status: 409, message: 'the object is in a state that does not allow the operation' },
  MORTISE_KEY_PURPOSE: { status: 403, message: 'the purpose of the key does not allow the operation' },
  MORTISE_KEY_USAGE: { status: 403, message: 'the usage mask of the key does not allow the operation' },
  MORTISE_KEY_PERIOD: { status: 409, message: 'the dates of the key do not allow the operation now' },
  MORTISE_KEY_USAGE_LIMIT: { status: 403, message: 'the usage limits of the key are exhausted' },
  MORTISE_KEY_ARCHIVED: { status: 409, message: 'the object is archived: recover it first' },
  MORTISE_KEY_FORMAT: { status: 400, message: 'the object is not given out in this format' },
  MORTISE_KEY_NOT_EXTRACTABLE: { status: 403, message: 'the key is not extractable' },
  MORTISE_NAME_TAKEN: { status: 409, message: 'an object of this name exists in the domain' },

  MORTISE_ATTRIBUTE_NOT_FOUND: { status: 404, message: 'the object has no such attribute' },
  MORTISE_ATTRIBUTE_EXISTS: { status: 409, message: 'the object has this attribute already' },
  MORTISE_ATTRIBUTE_READ_ONLY: { status: 403, message: 'the attribute cannot be changed so' },

  MORTISE_LEASE_ENDED: { status: 409, message: 'the lease has ended: open a new one' },
  MORTISE_LEASE_EXHAUSTED: {
    status: 429,
    message: 'the lease has used its reserved block: await its renewal, or use the asynchronous form',
  },
  MORTISE_LEASE_ASYNCHRONOUS: {
    status: 400,
    message: 'the key is on a token: use the asynchronous form of the method',
  },

  MORTISE_HSM_MODULE: { status: 500, message: 'the PKCS#11 module cannot be loaded or initialised' },
  MORTISE_HSM_TOKEN_NOT_FOUND: {
    status: 503,
    message: 'no token, or more than one, fits what the configuration says',
  },
  MORTISE_HSM_LOGIN_REFUSED: { status: 503, message: 'the token refuses the PIN: it is not tried again' },
  MORTISE_HSM_UNAVAILABLE: { status: 503, message: 'the token does not answer: it is tried again by and by' },
  MORTISE_HSM_BUSY: { status: 503, message: 'too many operations wait for the token: try again later' },
  MORTISE_HSM_TIMEOUT: { status: 504, message: 'the token has not answered in time' },
  MORTISE_HSM_KEY_NOT_FOUND: { status: 404, message: 'the token has no such key' },
  MORTISE_HSM_KEY_EXISTS: { status: 409, message: 'the token has a key with this id already' },
  MORTISE_HSM_UNSUPPORTED: { status: 400, message: 'the token lacks the mechanism' },
  MORTISE_HSM_REFUSED: { status: 400, message: 'the token refuses the operation' },

  MORTISE_STORAGE_UNAVAILABLE: { status: 503, message: 'the store cannot be used' },
  MORTISE_STORAGE_CONFLICT: {
    status: 409,
    message: 'the object was changed meanwhile: read it again and repeat',
  },
  MORTISE_STORAGE_FULL: { status: 507, message: 'the store has no room: nothing was changed' },
  MORTISE_STORAGE_CORRUPT: { status: 500, message: 'the store is damaged' },
  MORTISE_STORAGE_VERSION: { status: 500, message: 'the store was written by a newer version of Mortise' },

  MORTISE_BARRIER_WRONG_ROOT_KEY: {
    status: 500,
    message: 'the root key is not the one that this store is sealed with',
  },
  MORTISE_BARRIER_ROOT_KEY_MISSING: { status: 500, message: 'the root key cannot be read' },
  MORTISE_BARRIER_SEALED: {
    status: 503,
    message: 'the token with the root key is out of reach: everything is refused until it is back',
  },
  MORTISE_BARRIER_READ_ONLY: {
    status: 503,
    message: 'the token with the root key is out of reach: nothing is written until it is back',
  },
  MORTISE_BARRIER_ROTATION: {
    status: 409,
    message: 'a rotation of the root key is not finished: rotate the root key again first',
  },
  MORTISE_BARRIER_INTEGRITY: {
    status: 500,
    message: 'a stored row fails its integrity check: it was changed outside Mortise or is damaged',
  },

  MORTISE_BACKUP_INVALID: {
    status: 400,
    message: 'the backup does not open: the passphrase is not its own, or it was changed or cut off',
  },
  MORTISE_RESTORE_REFUSED: { status: 409, message: 'the place to restore to is in use' },

  MORTISE_AUDIT_UNAVAILABLE: {
    status: 503,
    message: 'the audit record cannot be written: the operation was refused',
  },
  MORTISE_AUDIT_PRUNE_REFUSED: {
    status: 409,
    message: 'the audit trail is not pruned: an exported checkpoint and a copy of the records come first',
  },
  MORTISE_AUDIT_NOT_FOUND: { status: 404, message: 'no such audit record' },
  MORTISE_AUDIT_BROKEN: { status: 500, message: 'the audit trail was changed outside Mortise or is damaged' },

  MORTISE_SERVER_REFUSED: { status: 500, message: 'the server refuses to start with this configuration' },
  MORTISE_SERVER_UNREACHABLE: { status: 503, message: 'the server cannot be reached' },
  MORTISE_RATE_LIMITED: { status: 429, message: 'too many requests: slow down' },
  MORTISE_PRECONDITION_FAILED: { status: 412, message: 'it is not in the version that was asked for' },
  MORTISE_METHOD_NOT_ALLOWED: { status: 405, message: 'there is no such method at this path' },
  MORTISE_ROUTE_NOT_FOUND: { status: 404, message: 'there is nothing at this path' },
  MORTISE_CLOSED: { status: 503, message: 'the key manager is closed' },
  MORTISE_INTERNAL: { status: 500, message: 'an internal error: see the log' },
} as const satisfies Record<string, { status: number; message: string }>

export type ErrorCode = keyof typeof errorCodes
