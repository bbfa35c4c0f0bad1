#include "aead/xaes.h"

#include <cstring>

#include "common/cipher_ctx.h"

namespace mortise {
namespace {

constexpr size_t kBlock = 16;

// Doubling in GF(2^128) as CMAC has it (SP 800-38B section 6.1), without a branch on the secret.
void Double(std::array<uint8_t, kBlock>& block) {
  const auto carry = static_cast<uint8_t>(block[0] >> 7);
  for (size_t i = 0; i + 1 < kBlock; i++) block[i] = static_cast<uint8_t>(block[i] << 1 | block[i + 1] >> 7);
  block[kBlock - 1] = static_cast<uint8_t>(block[kBlock - 1] << 1 ^ (carry * 0x87));
}

}  // namespace

bool IsXaesLabel(ByteView bytes) {
  return bytes.size == kBlock && bytes.data[0] == 0 && (bytes.data[1] == 1 || bytes.data[1] == 2) &&
         bytes.data[2] == 'X' && bytes.data[3] == 0;
}

Result<XaesKey> XaesKey::Make(ByteView key) {
  CipherCtxPtr ctx = NewCipherCtx(Fetched().ecb[2]);
  if (key.size != 32 || ctx == nullptr || EVP_EncryptInit_ex2(ctx.get(), nullptr, key.data, nullptr, nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(ctx.get(), 0) != 1) {
    return Code::kCryptoFailed;
  }
  XaesKey xaes(std::move(ctx));
  const uint8_t zero[kBlock] = {};
  int written = 0;
  if (EVP_EncryptUpdate(xaes.ctx_.get(), xaes.k1_.data(), &written, zero, kBlock) != 1 || written != kBlock) {
    return Code::kCryptoFailed;
  }
  Double(xaes.k1_);
  return xaes;
}

Result<SecureBytes> XaesKey::Subkey(const uint8_t* prefix) {
  uint8_t blocks[2 * kBlock];
  for (uint8_t counter = 1; counter <= 2; counter++) {
    uint8_t* block = blocks + (counter - 1) * kBlock;
    const uint8_t label[4] = {0, counter, 'X', 0};
    memcpy(block, label, sizeof label);
    memcpy(block + sizeof label, prefix, kXaesPrefix);
    for (size_t i = 0; i < kBlock; i++) block[i] ^= k1_[i];
  }
  MORTISE_TRY(subkey, SecureBytes::Make(sizeof blocks));
  int written = 0;
  const bool derived = EVP_EncryptUpdate(ctx_.get(), subkey.data(), &written, blocks, sizeof blocks) == 1 &&
                       written == static_cast<int>(sizeof blocks);
  OPENSSL_cleanse(blocks, sizeof blocks);
  if (!derived) return Code::kCryptoFailed;
  return subkey;
}

Result<Gcm> XaesKey::Derive(const uint8_t* prefix) {
  MORTISE_TRY(subkey, Subkey(prefix));
  return Gcm::Make(subkey.view());
}

Status XaesKey::DeriveInto(Gcm& gcm, const uint8_t* prefix) {
  MORTISE_TRY(subkey, Subkey(prefix));
  return gcm.Rekey(subkey.view());
}

}  // namespace mortise
