// A value or an error. The core has no exceptions: what can fail returns one of these.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace mortise {

// The rows of lib/errors/codes.ts that the core can answer.
enum class Code {
  kInputInvalid,
  kInputTooLarge,
  kSelfTestFailed,
  kMemoryLockFailed,
  kDecryptionFailed,
  kUnsupported,
  kKeyInvalid,
  kLimitReached,
  kCryptoFailed,
  kLeaseEnded,
  kLeaseExhausted,
  kRootKeyMissing,
  kHsmModule,
  kHsmTokenNotFound,
  kHsmLoginRefused,
  kHsmUnavailable,
  kHsmBusy,
  kHsmTimeout,
  kHsmKeyNotFound,
  kHsmKeyExists,
  kHsmUnsupported,
  kHsmRefused,
  kClosed,
  kInternal,
};

constexpr const char* CodeName(Code code) {
  switch (code) {
    case Code::kInputInvalid: return "MORTISE_INPUT_INVALID";
    case Code::kInputTooLarge: return "MORTISE_INPUT_TOO_LARGE";
    case Code::kSelfTestFailed: return "MORTISE_SELFTEST_FAILED";
    case Code::kMemoryLockFailed: return "MORTISE_MEMORY_LOCK_FAILED";
    case Code::kDecryptionFailed: return "MORTISE_CRYPTO_DECRYPTION_FAILED";
    case Code::kUnsupported: return "MORTISE_CRYPTO_UNSUPPORTED";
    case Code::kKeyInvalid: return "MORTISE_CRYPTO_KEY_INVALID";
    case Code::kLimitReached: return "MORTISE_CRYPTO_LIMIT_REACHED";
    case Code::kCryptoFailed: return "MORTISE_CRYPTO_FAILED";
    case Code::kLeaseEnded: return "MORTISE_LEASE_ENDED";
    case Code::kLeaseExhausted: return "MORTISE_LEASE_EXHAUSTED";
    case Code::kRootKeyMissing: return "MORTISE_BARRIER_ROOT_KEY_MISSING";
    case Code::kHsmModule: return "MORTISE_HSM_MODULE";
    case Code::kHsmTokenNotFound: return "MORTISE_HSM_TOKEN_NOT_FOUND";
    case Code::kHsmLoginRefused: return "MORTISE_HSM_LOGIN_REFUSED";
    case Code::kHsmUnavailable: return "MORTISE_HSM_UNAVAILABLE";
    case Code::kHsmBusy: return "MORTISE_HSM_BUSY";
    case Code::kHsmTimeout: return "MORTISE_HSM_TIMEOUT";
    case Code::kHsmKeyNotFound: return "MORTISE_HSM_KEY_NOT_FOUND";
    case Code::kHsmKeyExists: return "MORTISE_HSM_KEY_EXISTS";
    case Code::kHsmUnsupported: return "MORTISE_HSM_UNSUPPORTED";
    case Code::kHsmRefused: return "MORTISE_HSM_REFUSED";
    case Code::kClosed: return "MORTISE_CLOSED";
    case Code::kInternal: return "MORTISE_INTERNAL";
  }
  return "MORTISE_INTERNAL";
}

struct Error {
  Code code;
  // Empty where the text of the code's row says enough.
  std::string message = {};
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  Result(Code code) : Result(Error{code}) {}

  bool ok() const { return state_.index() == 0; }
  T& value() & { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;

// Leaves the function with the error of `expression`, if it has one.
#define MORTISE_CHECK(expression)                        \
  do {                                                   \
    const auto& checked = (expression);                  \
    if (!checked.ok()) return ::mortise::Error(checked.error()); \
  } while (0)

// The same, and otherwise declares `name` with the value.
#define MORTISE_TRY(name, expression)                          \
  auto name##_result = (expression);                           \
  if (!name##_result.ok()) return ::mortise::Error(name##_result.error()); \
  auto name = std::move(name##_result).value()

}  // namespace mortise
