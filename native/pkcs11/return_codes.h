// The return codes of PKCS#11 (section 5.1 of 2.40), and what the pool does on each.
#pragma once

#include "common/result.h"
#include "pkcs11/cryptoki.h"

namespace mortise::pkcs11 {

enum class Action {
  kNone,
  // The session is lost: never used nor closed again. Another one, and again; the second time in a row nothing of the generation is believed.
  kNewSession,
  // The key is looked for again, compared, and the job done again.
  kFindAgain,
  // Somebody has logged us out, and with that all private handles are dead: a new generation, and again.
  kLogIn,
  // The PIN: never tried again.
  kRefused,
  // No fault: the token has no more sessions. Fewer threads from now on.
  kFewerSessions,
  // The session came back with an operation under way, which is our mistake: it is closed, and again.
  kCleanSession,
  // The operation goes on: the same call with more room.
  kGrow,
  // The token is gone: everything waiting fails, and it is tried by and by.
  kBreak,
  // Somebody has finalised the module: everything waits while it is initialised again.
  kReinitialize,
  // May be the data or the device: the session is asked for its state, and if that fails the token is gone.
  kProbe,
  // This call fails, and nothing else.
  kFail,
};

struct ReturnCode {
  CK_RV value;
  const char* name;
  Action action;
  // What the caller hears if that was of no use.
  Code code;
};

// CKR_OK and every other that has no row is the caller's: kFail, MORTISE_HSM_REFUSED.
const ReturnCode& ReturnCodeOf(CK_RV value);
// By place in the table, for counting; the last is for those that have no row.
size_t ReturnCodeCount();
size_t ReturnCodeIndex(CK_RV value);
const ReturnCode& ReturnCodeAt(size_t index);

#define MORTISE_RETURN_CODES(row) \
  row(CKR_OK, 0x0, kNone, kInternal) \
  row(CKR_SESSION_CLOSED, 0xb0, kNewSession, kHsmUnavailable) \
  row(CKR_SESSION_HANDLE_INVALID, 0xb3, kNewSession, kHsmUnavailable) \
  row(CKR_KEY_HANDLE_INVALID, 0x60, kFindAgain, kHsmKeyNotFound) \
  row(CKR_OBJECT_HANDLE_INVALID, 0x82, kFindAgain, kHsmKeyNotFound) \
  row(CKR_UNWRAPPING_KEY_HANDLE_INVALID, 0xf0, kFindAgain, kHsmKeyNotFound) \
  row(CKR_WRAPPING_KEY_HANDLE_INVALID, 0x113, kFindAgain, kHsmKeyNotFound) \
  row(CKR_USER_NOT_LOGGED_IN, 0x101, kLogIn, kHsmUnavailable) \
  row(CKR_PIN_INCORRECT, 0xa0, kRefused, kHsmLoginRefused) \
  row(CKR_PIN_INVALID, 0xa1, kRefused, kHsmLoginRefused) \
  row(CKR_PIN_LEN_RANGE, 0xa2, kRefused, kHsmLoginRefused) \
  row(CKR_PIN_EXPIRED, 0xa3, kRefused, kHsmLoginRefused) \
  row(CKR_PIN_LOCKED, 0xa4, kRefused, kHsmLoginRefused) \
  row(CKR_USER_PIN_NOT_INITIALIZED, 0x102, kRefused, kHsmLoginRefused) \
  row(CKR_USER_ALREADY_LOGGED_IN, 0x100, kNone, kInternal) \
  row(CKR_SESSION_COUNT, 0xb1, kFewerSessions, kHsmBusy) \
  row(CKR_OPERATION_ACTIVE, 0x90, kCleanSession, kHsmRefused) \
  row(CKR_BUFFER_TOO_SMALL, 0x150, kGrow, kHsmRefused) \
  row(CKR_DEVICE_ERROR, 0x30, kBreak, kHsmUnavailable) \
  row(CKR_DEVICE_REMOVED, 0x32, kBreak, kHsmUnavailable) \
  row(CKR_TOKEN_NOT_PRESENT, 0xe0, kBreak, kHsmUnavailable) \
  row(CKR_TOKEN_NOT_RECOGNIZED, 0xe1, kBreak, kHsmUnavailable) \
  row(CKR_SLOT_ID_INVALID, 0x3, kBreak, kHsmUnavailable) \
  row(CKR_CRYPTOKI_NOT_INITIALIZED, 0x190, kReinitialize, kHsmUnavailable) \
  row(CKR_GENERAL_ERROR, 0x5, kProbe, kHsmRefused) \
  row(CKR_FUNCTION_FAILED, 0x6, kProbe, kHsmRefused) \
  row(CKR_HOST_MEMORY, 0x2, kFail, kHsmUnavailable) \
  row(CKR_DEVICE_MEMORY, 0x31, kFail, kHsmUnavailable) \
  row(CKR_FUNCTION_CANCELED, 0x50, kFail, kHsmUnavailable) \
  row(CKR_FUNCTION_NOT_SUPPORTED, 0x54, kFail, kHsmUnsupported) \
  row(CKR_MECHANISM_INVALID, 0x70, kFail, kHsmUnsupported) \
  row(CKR_MECHANISM_PARAM_INVALID, 0x71, kFail, kHsmUnsupported) \
  row(CKR_CURVE_NOT_SUPPORTED, 0x140, kFail, kHsmUnsupported) \
  row(CKR_DOMAIN_PARAMS_INVALID, 0x130, kFail, kHsmUnsupported) \
  row(CKR_KEY_SIZE_RANGE, 0x62, kFail, kHsmUnsupported) \
  row(CKR_ARGUMENTS_BAD, 0x7, kFail, kHsmRefused) \
  row(CKR_ATTRIBUTE_READ_ONLY, 0x10, kFail, kHsmRefused) \
  row(CKR_ATTRIBUTE_SENSITIVE, 0x11, kFail, kHsmRefused) \
  row(CKR_ATTRIBUTE_TYPE_INVALID, 0x12, kFail, kHsmRefused) \
  row(CKR_ATTRIBUTE_VALUE_INVALID, 0x13, kFail, kHsmRefused) \
  row(CKR_ACTION_PROHIBITED, 0x1b, kFail, kHsmRefused) \
  row(CKR_DATA_INVALID, 0x20, kFail, kHsmRefused) \
  row(CKR_DATA_LEN_RANGE, 0x21, kFail, kHsmRefused) \
  row(CKR_ENCRYPTED_DATA_INVALID, 0x40, kFail, kHsmRefused) \
  row(CKR_ENCRYPTED_DATA_LEN_RANGE, 0x41, kFail, kHsmRefused) \
  row(CKR_AEAD_DECRYPT_FAILED, 0x42, kFail, kHsmRefused) \
  row(CKR_KEY_TYPE_INCONSISTENT, 0x63, kFail, kHsmRefused) \
  row(CKR_KEY_NOT_NEEDED, 0x64, kFail, kHsmRefused) \
  row(CKR_KEY_CHANGED, 0x65, kFail, kHsmRefused) \
  row(CKR_KEY_NEEDED, 0x66, kFail, kHsmRefused) \
  row(CKR_KEY_FUNCTION_NOT_PERMITTED, 0x68, kFail, kHsmRefused) \
  row(CKR_KEY_NOT_WRAPPABLE, 0x69, kFail, kHsmRefused) \
  row(CKR_KEY_UNEXTRACTABLE, 0x6a, kFail, kHsmRefused) \
  row(CKR_OPERATION_NOT_INITIALIZED, 0x91, kFail, kHsmRefused) \
  row(CKR_SESSION_READ_ONLY, 0xb5, kFail, kHsmRefused) \
  row(CKR_SIGNATURE_INVALID, 0xc0, kFail, kHsmRefused) \
  row(CKR_SIGNATURE_LEN_RANGE, 0xc1, kFail, kHsmRefused) \
  row(CKR_TEMPLATE_INCOMPLETE, 0xd0, kFail, kHsmRefused) \
  row(CKR_TEMPLATE_INCONSISTENT, 0xd1, kFail, kHsmRefused) \
  row(CKR_TOKEN_WRITE_PROTECTED, 0xe2, kFail, kHsmRefused) \
  row(CKR_UNWRAPPING_KEY_SIZE_RANGE, 0xf1, kFail, kHsmRefused) \
  row(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, 0xf2, kFail, kHsmRefused) \
  row(CKR_USER_TYPE_INVALID, 0x103, kFail, kHsmRefused) \
  row(CKR_USER_ANOTHER_ALREADY_LOGGED_IN, 0x104, kFail, kHsmUnavailable) \
  row(CKR_USER_TOO_MANY_TYPES, 0x105, kFail, kHsmUnavailable) \
  row(CKR_WRAPPED_KEY_INVALID, 0x110, kFail, kHsmRefused) \
  row(CKR_WRAPPED_KEY_LEN_RANGE, 0x112, kFail, kHsmRefused) \
  row(CKR_WRAPPING_KEY_SIZE_RANGE, 0x114, kFail, kHsmRefused) \
  row(CKR_WRAPPING_KEY_TYPE_INCONSISTENT, 0x115, kFail, kHsmRefused) \
  row(CKR_RANDOM_NO_RNG, 0x121, kFail, kHsmUnsupported) \
  row(CKR_CRYPTOKI_ALREADY_INITIALIZED, 0x191, kNone, kInternal) \
  row(CKR_CANT_LOCK, 0xa, kFail, kHsmModule) \
  row(CKR_FUNCTION_REJECTED, 0x200, kFail, kHsmRefused)

#define MORTISE_RETURN_CODE(name, value, action, code) constexpr CK_RV name = value;
MORTISE_RETURN_CODES(MORTISE_RETURN_CODE)
#undef MORTISE_RETURN_CODE

}  // namespace mortise::pkcs11
