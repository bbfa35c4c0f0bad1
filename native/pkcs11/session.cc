#include "pkcs11/session.h"

#include "pkcs11/find.h"

namespace mortise::pkcs11 {

Status Session::Prepare() {
  while (handle_ == 0 || generation_ != token_.generation()) {
    Close();
    const uint64_t generation = token_.generation();
    MORTISE_CHECK(token_.Connect(*this));
    epoch_ = token_.epoch();
    MORTISE_TRY(opened, token_.OpenSession(*this));
    handle_ = opened;
    generation_ = generation;
    // The token may have lost all sessions before this one was opened, and with them what its handles meant. If the one that holds the login is still
    // there, it has not; if it does so from now on, this one goes as well.
    MORTISE_CHECK(token_.KeepAlive(*this));
  }
  return Done{};
}

void Session::Close() {
  if (handle_ == 0) return;
  if (epoch_ == token_.epoch()) functions().C_CloseSession(handle_);
  Lose();
}

void Session::Lose() {
  if (handle_ != 0) token_.counters().sessions--;
  handle_ = 0;
}

Status Session::Check(const char* call, CK_RV answer) {
  if (answer == CKR_OK) return Done{};
  token_.counters().codes[ReturnCodeIndex(answer)]++;
  const ReturnCode& row = ReturnCodeOf(answer);
  if (row.action == Action::kNone) return Done{};
  fault_ = answer;
  char number[24];
  snprintf(number, sizeof number, " (0x%lx)", answer);
  return Error{row.code, std::string(call) + ": " + row.name + number};
}

Status Session::Check(const char* call, CK_MECHANISM_TYPE mechanism, CK_RV answer) {
  // Names cost more than most calls.
  if (answer == CKR_OK) return Done{};
  return Check((std::string(call) + " (" + MechanismName(mechanism) + ")").c_str(), answer);
}

void Session::Begin(int attempt) {
  attempt_ = attempt;
  used_.clear();
  ClearFault();
}

Status Session::Needs(CK_MECHANISM_TYPE mechanism, CK_FLAGS flags) const {
  if (capabilities().Find(mechanism, flags) != nullptr) return Done{};
  return Error{Code::kHsmUnsupported, "the token has no " + MechanismName(mechanism) + " for this"};
}

Result<Located> Session::Locate(TokenKey& key) {
  used_.push_back(&key);
  const Located remembered = key.located();
  if (remembered.generation == generation_) return remembered;
  MORTISE_TRY(found, FindKey(*this, key.identity()));
  key.Remember(found);
  return found;
}

Status Session::Authenticate(bool asks_pin) {
  if (!asks_pin) return Done{};
  Status status = token_.LogInAgain(*this);
  // With the operation, which nothing else would end.
  if (!status.ok()) Close();
  return status;
}

void Session::ForgetKeys() {
  for (TokenKey* const key : used_) key->Remember({});
}

CK_RV Session::Probe(bool& logged_in) {
  CK_SESSION_INFO info = {};
  const CK_RV answer = functions().C_GetSessionInfo(handle_, &info);
  logged_in = info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS;
  return answer;
}

}  // namespace mortise::pkcs11
