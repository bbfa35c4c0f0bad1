#include "mac/mac.h"

#include <array>
#include <cstring>

#include "aead/xaes.h"
#include "common/arena.h"

namespace mortise {
namespace {

constexpr size_t kBlock = 16;

// OSSL_PARAM takes no const, although it only reads.
OSSL_PARAM Text(const char* name, const char* text) {
  return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(text), 0);
}

Result<MacCtxPtr> Keyed(EVP_MAC* mac, ByteView key, OSSL_PARAM parameter) {
  if (mac == nullptr) return Code::kCryptoFailed;
  MacCtxPtr ctx(EVP_MAC_CTX_new(mac));
  const OSSL_PARAM parameters[] = {parameter, OSSL_PARAM_END};
  if (ctx == nullptr || EVP_MAC_init(ctx.get(), key.data, key.size, parameters) != 1) return Code::kCryptoFailed;
  KeepInArena(ctx.get());
  return ctx;
}

}  // namespace

Error HasNoMac() {
  return {Code::kInputInvalid, "this message is one by which the keys of records are derived: it has no MAC"};
}

Result<Mac> Mac::Make(const Key& key, std::optional<Hash> hash) {
  if (hash) {
    // Whether a key for something else may make them is the policy's to say.
    if (!key.is_secret(KeyType::kHmac) && !key.is_secret(KeyType::kAes)) {
      return Error{Code::kUnsupported, "HMAC needs an HMAC key, or one of AES"};
    }
    MORTISE_TRY(ctx, Keyed(Fetched().hmac, key.material(), Text(OSSL_MAC_PARAM_DIGEST, HashName(*hash))));
    return Mac(std::move(ctx), HashSize(*hash), false);
  }
  if (!key.is_secret(KeyType::kAes)) return Error{Code::kUnsupported, "CMAC needs an AES key"};
  const char* cipher = key.bits() == 128 ? "AES-128-CBC" : key.bits() == 192 ? "AES-192-CBC" : "AES-256-CBC";
  MORTISE_TRY(ctx, Keyed(Fetched().cmac, key.material(), Text(OSSL_MAC_PARAM_CIPHER, cipher)));
  return Mac(std::move(ctx), kBlock, key.bits() == 256);
}

Status Mac::Generate(ByteView message, uint8_t* out) {
  if (!spares_labels_ || message.size != kBlock) return Compute(message, out);
  // What is looked at is what is used, whoever else writes to the message.
  uint8_t block[kBlock];
  memcpy(block, message.data, kBlock);
  if (IsXaesLabel({block, kBlock})) return HasNoMac();
  return Compute({block, kBlock}, out);
}

Status Mac::Compute(ByteView message, uint8_t* out) {
  size_t size = 0;
  // Without a key it begins anew with the one that it has: half the price of a copy of the context.
  if (EVP_MAC_init(ctx_.get(), nullptr, 0, nullptr) != 1 ||
      EVP_MAC_update(ctx_.get(), message.data, message.size) != 1 ||
      EVP_MAC_final(ctx_.get(), out, &size, size_) != 1 || size != size_) {
    return Code::kCryptoFailed;
  }
  return Done{};
}

Result<bool> Mac::Verify(ByteView message, ByteView mac) {
  if (mac.size != size_) return false;
  std::array<uint8_t, EVP_MAX_MD_SIZE> expected;
  const Status made = Generate(message, expected.data());
  // No MAC is that of a message that has none.
  if (!made.ok() && made.error().code == Code::kInputInvalid) return false;
  MORTISE_CHECK(made);
  const bool same = CRYPTO_memcmp(mac.data, expected.data(), size_) == 0;
  OPENSSL_cleanse(expected.data(), expected.size());
  return same;
}

Result<std::vector<uint8_t>> Hmac(const Key& key, Hash hash, ByteView message) {
  MORTISE_TRY(mac, Mac::Make(key, hash));
  std::vector<uint8_t> out(mac.size());
  MORTISE_CHECK(mac.Generate(message, out.data()));
  return out;
}

}  // namespace mortise
