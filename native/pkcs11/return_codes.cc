#include "pkcs11/return_codes.h"

namespace mortise::pkcs11 {
namespace {

constexpr ReturnCode kCodes[] = {
#define MORTISE_RETURN_CODE(name, value, action, code) {value, #name, Action::action, Code::code},
    MORTISE_RETURN_CODES(MORTISE_RETURN_CODE)
#undef MORTISE_RETURN_CODE
    {~CK_RV{0}, "another return code", Action::kFail, Code::kHsmRefused},
};
constexpr size_t kCount = sizeof kCodes / sizeof kCodes[0];

}  // namespace

size_t ReturnCodeCount() { return kCount; }

size_t ReturnCodeIndex(CK_RV value) {
  size_t index = 0;
  while (index < kCount - 1 && kCodes[index].value != value) index++;
  return index;
}

const ReturnCode& ReturnCodeAt(size_t index) { return kCodes[index]; }

const ReturnCode& ReturnCodeOf(CK_RV value) { return kCodes[ReturnCodeIndex(value)]; }

}  // namespace mortise::pkcs11
