// A session of one thread, and what its calls have answered.
#pragma once

#include "pkcs11/token.h"

namespace mortise::pkcs11 {

class Session {
 public:
  explicit Session(Token& token) : token_(token) {}
  // Of somebody else, who closes it.
  Session(Token& token, CK_SESSION_HANDLE handle) : token_(token), handle_(handle) {}

  Token& token() { return token_; }
  const Capabilities& capabilities() const { return token_.capabilities(); }
  const CK_FUNCTION_LIST& functions() const { return token_.module()->functions(); }
  CK_SESSION_HANDLE handle() const { return handle_; }
  uint64_t generation() const { return generation_; }

  // Connects the token where it is not, and opens the session where there is none of this generation.
  Status Prepare();
  // Of a session that is sound.
  void Close();
  // Of one that the token has lost: another may have its number.
  void Lose();

  // Counts what a call answers, and makes an error of it that names the call, unless it is CKR_OK or as good.
  Status Check(const char* call, CK_RV answer);
  Status Check(const char* call, CK_MECHANISM_TYPE mechanism, CK_RV answer);
  // The last answer that was an error, CKR_OK for none.
  CK_RV fault() const { return fault_; }
  void ClearFault() { fault_ = CKR_OK; }
  // Starts a job, which may be done again: 0 the first time.
  void Begin(int attempt);
  int attempt() const { return attempt_; }

  // MORTISE_HSM_UNSUPPORTED where the token lacks the mechanism.
  Status Needs(CK_MECHANISM_TYPE mechanism, CK_FLAGS flags) const;

  // Where the key is, by memory or by looking for it.
  Result<Located> Locate(TokenKey& key);
  // Once an operation with a private key has begun: says the PIN where the key asks for it.
  Status Authenticate(bool asks_pin);
  // Those that the job has used are looked for again.
  void ForgetKeys();

  // Whether the token answers for this session; and whether that is logged in.
  CK_RV Probe(bool& logged_in);

 private:
  Token& token_;
  CK_SESSION_HANDLE handle_ = 0;
  uint64_t generation_ = 0;
  uint64_t epoch_ = 0;
  CK_RV fault_ = CKR_OK;
  int attempt_ = 0;
  std::vector<TokenKey*> used_;
};

// Calls with room for what is expected, and once more with what the token asks for: the operation goes on (PKCS#11 section 5.2).
template <typename Call>
CK_RV WithRoom(std::vector<uint8_t>& out, Call call) {
  constexpr CK_ULONG kMost = 64 << 20;
  CK_ULONG size = out.size();
  CK_RV answer = call(out.data(), &size);
  if (answer == CKR_BUFFER_TOO_SMALL) {
    size = size > out.size() && size <= kMost ? size : 2 * out.size() + 4096;
    out.resize(size);
    answer = call(out.data(), &size);
  }
  if (answer == CKR_OK && size <= out.size()) out.resize(size);
  return answer;
}

}  // namespace mortise::pkcs11
