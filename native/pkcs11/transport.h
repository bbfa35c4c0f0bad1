// Keys that leave the token or come onto it under other keys, and what keys agree on.
#pragma once

#include "pkcs11/make.h"

namespace mortise::pkcs11 {

enum class WrapMethod { kAesKw, kAesKwp, kAesCbcPad, kOaepSha1, kOaepSha256, kRsaPkcs1 };

Result<std::vector<uint8_t>> Wrap(Session& session, TokenKey& key, TokenKey& target, WrapMethod method);
// MORTISE_CRYPTO_DECRYPTION_FAILED for whatever is wrong with what was wrapped.
Result<KeyFacts> Unwrap(Session& session, TokenKey& key, ByteView wrapped, WrapMethod method, KeyKind kind, KeyType type,
                        const KeyTemplate& made, bool& begun);

struct Imported {
  KeyFacts facts;
  bool wrapped;
};
enum class ImportBy { kWrapped, kCreated, kEither };
// Brings a key of ours onto the token: under an RSA key that the token makes for that, or in the clear.
Result<Imported> Import(Session& session, const Key& key, const KeyTemplate& made, ImportBy by, bool& begun);

// ECDH without a KDF. `peer` is SubjectPublicKeyInfo.
Result<KeyFacts> Derive(Session& session, TokenKey& key, ByteView peer, KeyType type, uint32_t bits, const KeyTemplate& made,
                        bool& begun);
// The agreed secret itself, as an HMAC key of ours.
Result<KeyRef> Agree(Session& session, TokenKey& key, ByteView peer);

Result<std::vector<uint8_t>> WrapObject(Session& session, CK_MECHANISM& mechanism, CK_OBJECT_HANDLE wrapping,
                                        CK_OBJECT_HANDLE target, size_t room);

}  // namespace mortise::pkcs11
