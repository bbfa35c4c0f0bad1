#include "cipher/mode.h"

#include <array>
#include <cstring>

#include "common/cipher_ctx.h"

namespace mortise {
namespace {

constexpr size_t kOldChaCha20Iv = 8;
constexpr size_t kAeadIv = 12;
constexpr size_t kFullTag = 16;
// SP 800-38E section 4.
constexpr size_t kLargestXtsUnit = size_t{1} << 24;

constexpr size_t kChaCha20Block = 16;

bool IsAead(Mode mode) { return mode == Mode::kGcm || mode == Mode::kChaCha20Poly1305; }

// Null where the mode does not fit the key.
EVP_CIPHER* CipherOf(const Key& key, Mode mode) {
  const Algorithms& all = Fetched();
  const size_t size = key.material().size;
  if (key.kind() != KeyKind::kSecret) return nullptr;
  switch (key.type()) {
    case KeyType::kAes:
      return mode == Mode::kCbc   ? AesOf(all.cbc, size)
             : mode == Mode::kCtr ? AesOf(all.ctr, size)
             : mode == Mode::kEcb ? AesOf(all.ecb, size)
             : mode == Mode::kGcm ? AesOf(all.gcm, size)
                                  : nullptr;
    case KeyType::kAesXts: return mode == Mode::kXts ? all.xts[size == 32 ? 0 : 1] : nullptr;
    case KeyType::kTripleDes:
      return mode == Mode::kCbc   ? all.des3_cbc[size == 16 ? 0 : 1]
             : mode == Mode::kEcb ? all.des3_ecb[size == 16 ? 0 : 1]
                                  : nullptr;
    case KeyType::kChaCha20:
      return mode == Mode::kChaCha20Poly1305 ? all.chacha20_poly1305 : mode == Mode::kChaCha20 ? all.chacha20 : nullptr;
    default: return nullptr;
  }
}

Status CheckParameters(const ModeParameters& parameters, size_t block) {
  const auto& [mode, padded, tag, iv, aad, single_use] = parameters;
  const bool ecb = mode == Mode::kEcb;
  if (padded && !ecb && mode != Mode::kCbc) return Error{Code::kInputInvalid, "only CBC and ECB pad"};
  if (aad.size > 0 && !IsAead(mode)) return Error{Code::kInputInvalid, "the mode takes no additional data"};
  if (aad.size > kLargestInput) return Code::kInputTooLarge;
  if (IsAead(mode) && (tag < 12 || tag > kFullTag)) {
    return Error{Code::kInputInvalid, "the tag must be of 12 to 16 bytes"};
  }
  if (mode == Mode::kGcm) {
    if (IsGcmIv(iv.size, single_use)) return Done{};
    return Error{Code::kInputInvalid, "the IV must be of 8 to 128 bytes: 12 are best"};
  }
  if (mode == Mode::kChaCha20) {
    if (iv.size == kAeadIv || iv.size == kOldChaCha20Iv) return Done{};
    return Error{Code::kInputInvalid, "the IV of ChaCha20 must be of 12 or 8 bytes"};
  }
  const size_t expected = ecb ? 0 : mode == Mode::kChaCha20Poly1305 ? kAeadIv : block;
  if (iv.size != expected) {
    return Error{Code::kInputInvalid, "the IV must be of " + std::to_string(expected) + " bytes"};
  }
  return Done{};
}

// Without branches on the plaintext. What is left, or nothing.
bool Unpad(ByteView data, size_t block, size_t* left) {
  const uint32_t pad = data.data[data.size - 1];
  // The top bit of these differences is set where the first is less.
  uint32_t bad = (pad - 1) >> 31 | (static_cast<uint32_t>(block) - pad) >> 31;
  for (uint32_t i = 0; i < block; i++) {
    const uint32_t within = 0 - ((i - pad) >> 31);
    bad |= within & (data.data[data.size - 1 - i] ^ pad);
  }
  *left = data.size - pad;
  return bad == 0;
}

size_t BlockOf(EVP_CIPHER* cipher, Mode mode) {
  return mode == Mode::kCtr || mode == Mode::kXts ? 16 : static_cast<size_t>(EVP_CIPHER_get_block_size(cipher));
}

Result<CipherCtxPtr> Begin(const Key& key, EVP_CIPHER* cipher, const ModeParameters& parameters, bool encrypt) {
  CipherCtxPtr ctx = NewCipherCtx(cipher);
  const int direction = encrypt ? 1 : 0;
  int unused = 0;
  // OpenSSL takes the counter and the nonce in one.
  std::array<uint8_t, kChaCha20Block> counted{};
  const uint8_t* iv = parameters.iv.size > 0 ? parameters.iv.data : nullptr;
  if (parameters.mode == Mode::kChaCha20) {
    memcpy(counted.data() + counted.size() - parameters.iv.size, parameters.iv.data, parameters.iv.size);
    iv = counted.data();
  }
  if (ctx == nullptr ||
      (IsAead(parameters.mode) &&
       EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(parameters.iv.size), nullptr) != 1) ||
      EVP_CipherInit_ex2(ctx.get(), nullptr, key.material().data, iv, direction, nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(ctx.get(), encrypt && parameters.padded ? 1 : 0) != 1 ||
      (parameters.aad.size > 0 &&
       EVP_CipherUpdate(ctx.get(), nullptr, &unused, parameters.aad.data, static_cast<int>(parameters.aad.size)) != 1)) {
    return Code::kCryptoFailed;
  }
  return ctx;
}

// -1 where it fails.
int64_t Run(EVP_CIPHER_CTX* ctx, ByteView input, uint8_t* out) {
  int first = 0;
  int last = 0;
  if (input.size > 0 && EVP_CipherUpdate(ctx, out, &first, input.data, static_cast<int>(input.size)) != 1) return -1;
  if (EVP_CipherFinal_ex(ctx, out + first, &last) != 1) return -1;
  return int64_t{first} + last;
}

}  // namespace

Result<std::vector<uint8_t>> EncryptInMode(const Key& key, const ModeParameters& parameters, ByteView plaintext) {
  EVP_CIPHER* cipher = CipherOf(key, parameters.mode);
  if (cipher == nullptr) return Error{Code::kUnsupported, "the mode does not fit the key"};
  const size_t block = BlockOf(cipher, parameters.mode);
  MORTISE_CHECK(CheckParameters(parameters, block));
  if (plaintext.size > kLargestInput) return Code::kInputTooLarge;
  const bool whole = (parameters.mode == Mode::kCbc || parameters.mode == Mode::kEcb) && !parameters.padded;
  if (whole && plaintext.size % block != 0) {
    return Error{Code::kInputInvalid, "without padding the data must be whole blocks"};
  }
  if (parameters.mode == Mode::kXts && (plaintext.size < block || plaintext.size > kLargestXtsUnit)) {
    return Error{Code::kInputInvalid, "a data unit of XTS has 16 bytes to 16 MiB"};
  }
  MORTISE_TRY(ctx, Begin(key, cipher, parameters, true));
  const size_t tag = IsAead(parameters.mode) ? parameters.tag : 0;
  std::vector<uint8_t> out(plaintext.size + block + kFullTag);
  const int64_t size = Run(ctx.get(), plaintext, out.data());
  if (size < 0 || (tag > 0 && EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag),
                                                  out.data() + size) != 1)) {
    return Code::kCryptoFailed;
  }
  out.resize(static_cast<size_t>(size) + tag);
  return out;
}

Result<std::vector<uint8_t>> DecryptInMode(const Key& key, const ModeParameters& parameters, ByteView sealed) {
  EVP_CIPHER* cipher = CipherOf(key, parameters.mode);
  if (cipher == nullptr) return Error{Code::kUnsupported, "the mode does not fit the key"};
  const size_t block = BlockOf(cipher, parameters.mode);
  MORTISE_CHECK(CheckParameters(parameters, block));
  const size_t tag = IsAead(parameters.mode) ? parameters.tag : 0;
  const bool blocks = parameters.mode == Mode::kCbc || parameters.mode == Mode::kEcb;
  if (sealed.size > kLargestInput || sealed.size < tag || (blocks && sealed.size % block != 0) ||
      (parameters.padded && sealed.size == 0) ||
      (parameters.mode == Mode::kXts && (sealed.size < block || sealed.size > kLargestXtsUnit))) {
    return Code::kDecryptionFailed;
  }
  const ByteView ciphertext = sealed.Slice(0, sealed.size - tag);
  MORTISE_TRY(ctx, Begin(key, cipher, parameters, false));
  if (tag > 0 && EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag),
                                     const_cast<uint8_t*>(sealed.data + ciphertext.size)) != 1) {
    return Code::kCryptoFailed;
  }
  std::vector<uint8_t> out(ciphertext.size + block);
  const int64_t size = Run(ctx.get(), ciphertext, out.data());
  size_t left = size < 0 ? 0 : static_cast<size_t>(size);
  if (size < 0 || (parameters.padded && !Unpad({out.data(), left}, block, &left))) {
    // Unauthenticated plaintext must not be seen.
    OPENSSL_cleanse(out.data(), out.size());
    return Code::kDecryptionFailed;
  }
  OPENSSL_cleanse(out.data() + left, out.size() - left);
  out.resize(left);
  return out;
}

Result<std::unique_ptr<ModeStream>> ModeStream::Make(const Key& key, const ModeParameters& parameters, bool encrypt) {
  EVP_CIPHER* cipher = CipherOf(key, parameters.mode);
  if (cipher == nullptr) return Error{Code::kUnsupported, "the mode does not fit the key"};
  if (parameters.mode == Mode::kXts || (!encrypt && IsAead(parameters.mode))) {
    return Error{Code::kUnsupported, "this mode takes its data at once"};
  }
  const size_t block = BlockOf(cipher, parameters.mode);
  MORTISE_CHECK(CheckParameters(parameters, block));
  MORTISE_TRY(ctx, Begin(key, cipher, parameters, encrypt));
  return std::unique_ptr<ModeStream>(new ModeStream(std::move(ctx), block, parameters, encrypt));
}

Result<std::vector<uint8_t>> ModeStream::Update(ByteView part) {
  if (ctx_ == nullptr) return Error{Code::kInputInvalid, "the data has ended"};
  if (part.size > kLargestInput) return Code::kInputTooLarge;
  std::vector<uint8_t> out(held_.size() + part.size + block_);
  if (!held_.empty()) memcpy(out.data(), held_.data(), held_.size());
  int size = 0;
  if (part.size > 0 && EVP_CipherUpdate(ctx_.get(), out.data() + held_.size(), &size, part.data,
                                        static_cast<int>(part.size)) != 1) {
    return Code::kCryptoFailed;
  }
  size_ += part.size;
  size_t told = held_.size() + static_cast<size_t>(size);
  OPENSSL_cleanse(held_.data(), held_.size());
  held_.clear();
  if (!encrypt_ && padded_ && told > 0 && size_ % block_ == 0) {
    told -= block_;
    held_.assign(out.begin() + static_cast<ptrdiff_t>(told), out.begin() + static_cast<ptrdiff_t>(told + block_));
    OPENSSL_cleanse(out.data() + told, block_);
  }
  out.resize(told);
  return out;
}

Result<std::vector<uint8_t>> ModeStream::Final() {
  if (ctx_ == nullptr) return Error{Code::kInputInvalid, "the data has ended"};
  const CipherCtxPtr ctx = std::move(ctx_);
  const bool broken = block_ > 1 && EVP_CIPHER_CTX_get_mode(ctx.get()) != EVP_CIPH_CTR_MODE && size_ % block_ != 0;
  if (!encrypt_) {
    size_t left = held_.size();
    const bool good = !broken && (!padded_ || (!held_.empty() && Unpad({held_.data(), held_.size()}, block_, &left)));
    std::vector<uint8_t> out = std::move(held_);
    if (!good) {
      OPENSSL_cleanse(out.data(), out.size());
      return Code::kDecryptionFailed;
    }
    OPENSSL_cleanse(out.data() + left, out.size() - left);
    out.resize(left);
    return out;
  }
  if (broken && !padded_) return Error{Code::kInputInvalid, "without padding the data must be whole blocks"};
  std::vector<uint8_t> out(block_ + kFullTag);
  int size = 0;
  if (EVP_CipherFinal_ex(ctx.get(), out.data(), &size) != 1 ||
      (tag_ > 0 && EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_), out.data() + size) != 1)) {
    return Code::kCryptoFailed;
  }
  out.resize(static_cast<size_t>(size) + tag_);
  return out;
}

}  // namespace mortise
