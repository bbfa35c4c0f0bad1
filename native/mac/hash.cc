#include "mac/hash.h"

namespace mortise {

Result<Hasher> Hasher::Make(Hash hash) {
  MdCtxPtr ctx(EVP_MD_CTX_new());
  if (ctx == nullptr || Md(hash) == nullptr) return Code::kCryptoFailed;
  return Hasher(hash, std::move(ctx));
}

Status Hasher::Digest(ByteView message, uint8_t* out) {
  // With the same hash again it takes no memory.
  if (EVP_DigestInit_ex2(ctx_.get(), Md(hash_), nullptr) != 1 ||
      EVP_DigestUpdate(ctx_.get(), message.data, message.size) != 1 ||
      EVP_DigestFinal_ex(ctx_.get(), out, nullptr) != 1) {
    return Code::kCryptoFailed;
  }
  return Done{};
}

Result<std::vector<uint8_t>> Digest(Hash hash, ByteView message) {
  MORTISE_TRY(hasher, Hasher::Make(hash));
  std::vector<uint8_t> out(hasher.size());
  MORTISE_CHECK(hasher.Digest(message, out.data()));
  return out;
}

}  // namespace mortise
