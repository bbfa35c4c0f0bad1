#include "mac/hash.h"

namespace mortise {
namespace {

// OSSL_PARAM takes no const, although it only reads.
OSSL_PARAM DigestName(const char* name, Hash hash) {
  return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(HashName(hash)), 0);
}

}  // namespace

Result<std::vector<uint8_t>> Digest(Hash hash, ByteView data) {
  std::vector<uint8_t> out(HashSize(hash));
  if (EVP_Digest(data.data, data.size, out.data(), nullptr, Md(hash), nullptr) != 1) return Code::kCryptoFailed;
  return out;
}

Result<std::vector<uint8_t>> Hmac(const Key& key, Hash hash, ByteView data) {
  if (!key.is_secret(KeyType::kHmac)) return Error{Code::kUnsupported, "HMAC needs an HMAC key"};
  if (Fetched().hmac == nullptr) return Code::kCryptoFailed;
  const MacCtxPtr ctx(EVP_MAC_CTX_new(Fetched().hmac));
  const OSSL_PARAM parameters[] = {DigestName(OSSL_MAC_PARAM_DIGEST, hash), OSSL_PARAM_END};
  std::vector<uint8_t> out(HashSize(hash));
  size_t size = 0;
  if (ctx == nullptr || EVP_MAC_init(ctx.get(), key.material().data, key.material().size, parameters) != 1 ||
      EVP_MAC_update(ctx.get(), data.data, data.size) != 1 ||
      EVP_MAC_final(ctx.get(), out.data(), &size, out.size()) != 1 || size != out.size()) {
    return Code::kCryptoFailed;
  }
  return out;
}

}  // namespace mortise
