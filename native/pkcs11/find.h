// Keys on the token: found, described, and told from others that have taken their place.
#pragma once

#include "pkcs11/session.h"

namespace mortise::pkcs11 {

struct KeyQuery {
  std::optional<std::vector<uint8_t>> id;
  std::optional<std::string> label;
  std::optional<KeyKind> kind;
  size_t limit = 10000;
};

// The one key of this identity. What has its id and is not it does not count. MORTISE_HSM_KEY_NOT_FOUND.
Result<Located> FindKey(Session& session, const KeyIdentity& identity);
Result<std::vector<KeyFacts>> FindKeys(Session& session, const KeyQuery& query);
// Nothing where it is of a type that is not known here.
Result<std::optional<KeyFacts>> ReadFacts(Session& session, CK_OBJECT_HANDLE object);
// By id and kind alone.
Result<std::vector<CK_OBJECT_HANDLE>> FindById(Session& session, KeyKind kind, ByteView id);

struct Health {
  double milliseconds;
  bool logged_in;
  CK_FLAGS token_flags;
};
// Opens a session of its own, asks for its state and for random bytes, and closes it.
Result<Health> TestToken(Session& session);

CK_OBJECT_CLASS ClassOf(KeyKind kind);

}  // namespace mortise::pkcs11
