#include "mac/cmac.h"

#include "aead/xaes.h"

namespace mortise {

Result<std::vector<uint8_t>> Cmac(const Key& key, ByteView data) {
  if (!key.is_secret(KeyType::kAes)) return Error{Code::kUnsupported, "CMAC needs an AES key"};
  // The MAC would be half of a record's key: whoever may only make MACs must not be able to open records.
  if (key.bits() == 256 && IsXaesLabel(data)) {
    return Error{Code::kInputInvalid, "this message is one by which the keys of records are derived: it has no MAC"};
  }
  if (Fetched().cmac == nullptr) return Code::kCryptoFailed;
  const char* cipher = key.bits() == 128 ? "AES-128-CBC" : key.bits() == 192 ? "AES-192-CBC" : "AES-256-CBC";
  const MacCtxPtr ctx(EVP_MAC_CTX_new(Fetched().cmac));
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, const_cast<char*>(cipher), 0), OSSL_PARAM_END};
  std::vector<uint8_t> out(16);
  size_t size = 0;
  if (ctx == nullptr || EVP_MAC_init(ctx.get(), key.material().data, key.material().size, parameters) != 1 ||
      EVP_MAC_update(ctx.get(), data.data, data.size) != 1 ||
      EVP_MAC_final(ctx.get(), out.data(), &size, out.size()) != 1 || size != out.size()) {
    return Code::kCryptoFailed;
  }
  return out;
}

}  // namespace mortise
