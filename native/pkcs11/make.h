// Keys made, brought onto the token, changed and destroyed. `begun` says whether the token has been asked to make the key before: then one that
// has its id by now is that key, and it is not made a second time.
#pragma once

#include <functional>

#include "pkcs11/attributes.h"

namespace mortise::pkcs11 {

struct PairTemplate {
  KeyType type = KeyType::kEc;
  // Of RSA.
  uint32_t bits = 0;
  Curve curve = Curve::kNone;
  KeyTemplate private_key;
  KeyTemplate public_key;
};

struct PairFacts {
  KeyFacts private_key;
  KeyFacts public_key;
};

Result<KeyFacts> GenerateSecret(Session& session, KeyType type, uint32_t bits, const KeyTemplate& made, bool& begun);
Result<PairFacts> GeneratePair(Session& session, const PairTemplate& made, bool& begun);
// C_CreateObject, in the clear.
Result<KeyFacts> Create(Session& session, const Key& key, const KeyTemplate& made, bool& begun);
Status Destroy(Session& session, TokenKey& key);
Status SetAttributes(Session& session, TokenKey& key, const std::optional<std::string>& label,
                     const std::optional<std::vector<uint8_t>>& id);

// Of the Montgomery curves as the token has them: some know no other type than that of the Edwards curves.
CK_KEY_TYPE KeyTypeNumber(const Session& session, KeyType type);

// How a key comes to be on the token, by a template that is to be added to. Answers its handle.
using Maker = std::function<CK_RV(Template& attributes, CK_OBJECT_HANDLE& object)>;
// Makes it by the template, unless it has been made; tells what it is, and destroys it where the token has made it weaker than it was to be.
Result<KeyFacts> MakeKey(Session& session, const char* call, std::optional<CK_MECHANISM_TYPE> mechanism, KeyKind kind, KeyType type,
                         const KeyTemplate& made, bool& begun, const Maker& maker);

}  // namespace mortise::pkcs11
