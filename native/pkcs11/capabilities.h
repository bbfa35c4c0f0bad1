// What a token can do, found out by asking and by trying.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/ossl.h"
#include "pkcs11/mechanisms.h"

namespace mortise::pkcs11 {

class Session;

struct Mechanism {
  CK_MECHANISM_TYPE type;
  CK_MECHANISM_INFO info;
};

struct Capabilities {
  // By number.
  std::vector<Mechanism> mechanisms;
  std::vector<Hash> oaep_hashes;
  // Empty where AES-GCM is missing or could not be tried.
  std::optional<bool> gcm_iv_bits;
  std::optional<bool> gcm_token_iv;
  // What makes RFC 5649 of it; CKM_RSA_PKCS_KEY_PAIR_GEN, which is 0, for nothing.
  CK_MECHANISM_TYPE key_wrap_pad = 0;
  // It does so for what is no multiple of eight bytes, too.
  bool key_wrap_any_length = false;
  CK_VERSION cryptoki = {};
  CK_INFO library = {};
  CK_TOKEN_INFO token = {};
  CK_SLOT_ID slot = 0;

  // Null where the token lacks it, or has it for something else.
  const Mechanism* Find(CK_MECHANISM_TYPE type, CK_FLAGS flags) const;
  // MORTISE_HSM_UNSUPPORTED where RSAES-OAEP could be tried, and was not done with this hash.
  Status NeedsOaep(Hash hash) const;
};

// Sessions that a token allows, or nothing where it does not say: 0 and all ones mean that, and so does what nobody believes.
std::optional<size_t> SessionsOf(const CK_TOKEN_INFO& token);

// A field of blanks behind a text.
template <size_t size>
std::string TextOf(const CK_UTF8CHAR (&field)[size]) {
  size_t end = size;
  while (end > 0 && (field[end - 1] == ' ' || field[end - 1] == 0)) end--;
  return {reinterpret_cast<const char*>(field), end};
}

Status ProbeMechanisms(Session& session, CK_SLOT_ID slot, Capabilities& found);
// What mechanisms do not tell of themselves, with keys that live as long as the trial.
void ProbeByTrying(Session& session, Capabilities& found);

}  // namespace mortise::pkcs11
