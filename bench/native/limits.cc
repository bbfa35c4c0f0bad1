// What cannot be surpassed: the running Node's OpenSSL in the shortest loop that does the same work over the same memory, one
// call into C++ for all of it, and memcpy.

#include <napi.h>

#include <cstring>

#include "common/ossl.h"
#include "pkcs11_loop.h"

namespace mortise::bench {
namespace {

constexpr size_t kIv = 12;
constexpr size_t kTag = 16;
constexpr size_t kOverhead = kIv + kTag;

void Demand(Napi::Env env, bool done) {
  if (!done) throw Napi::Error::New(env, "OpenSSL refuses, or the arguments do not fit");
}

ByteSpan BytesArg(const Napi::CallbackInfo& info, size_t index) {
  Demand(info.Env(), info[index].IsBuffer());
  const auto bytes = info[index].As<Napi::Buffer<uint8_t>>();
  return {bytes.Data(), bytes.Length()};
}

std::string StringArg(const Napi::CallbackInfo& info, size_t index) { return info[index].ToString(); }

// The arguments (in, size, out): pieces of `size` bytes lie in `in`, one behind the other, and so does in `out` what is made
// of them.
class Pieces {
 public:
  Pieces(const Napi::CallbackInfo& info, size_t size_in, size_t size_out)
      : in_(BytesArg(info, 0)), out_(BytesArg(info, 2)), size_in_(size_in), size_out_(size_out) {
    Demand(info.Env(), size_in > 0 && out_.size / size_out >= count());
  }

  size_t count() const { return in_.size / size_in_; }
  const uint8_t* in(size_t i) const { return in_.data + i * size_in_; }
  uint8_t* out(size_t i) const { return out_.data + i * size_out_; }

 private:
  const ByteSpan in_;
  const ByteSpan out_;
  const size_t size_in_;
  const size_t size_out_;
};

size_t SizeArg(const Napi::CallbackInfo& info) { return info[1].ToNumber().Uint32Value(); }

// AES-256-GCM with a key that stays set and an IV that counts: IV, ciphertext, tag.
class Gcm : public Napi::ObjectWrap<Gcm> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Gcm", {InstanceMethod<&Gcm::Seal>("seal"), InstanceMethod<&Gcm::Open>("open")});
  }

  explicit Gcm(const Napi::CallbackInfo& info) : ObjectWrap(info), ctx_(EVP_CIPHER_CTX_new()) {
    const ByteSpan key = BytesArg(info, 0);
    EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    Demand(info.Env(), key.size == 32 && EVP_EncryptInit_ex2(ctx_.get(), cipher, key.data, nullptr, nullptr) == 1);
    EVP_CIPHER_free(cipher);
  }

 private:
  void Seal(const Napi::CallbackInfo& info) {
    const size_t size = SizeArg(info);
    const Pieces pieces(info, size, size + kOverhead);
    for (size_t i = 0; i < pieces.count(); i++) {
      uint8_t* iv = pieces.out(i);
      uint8_t* out = iv + kIv;
      int written;
      memset(iv, 0, kIv);
      memcpy(iv, &count_, sizeof count_);
      count_++;
      Demand(info.Env(), EVP_EncryptInit_ex2(ctx_.get(), nullptr, nullptr, iv, nullptr) == 1 &&
                             EVP_EncryptUpdate(ctx_.get(), out, &written, pieces.in(i), static_cast<int>(size)) == 1 &&
                             EVP_EncryptFinal_ex(ctx_.get(), out + size, &written) == 1 &&
                             EVP_CIPHER_CTX_ctrl(ctx_.get(), EVP_CTRL_AEAD_GET_TAG, kTag, out + size) == 1);
    }
  }

  void Open(const Napi::CallbackInfo& info) {
    const size_t size = SizeArg(info);
    const Pieces pieces(info, size + kOverhead, size);
    for (size_t i = 0; i < pieces.count(); i++) {
      const uint8_t* iv = pieces.in(i);
      const uint8_t* in = iv + kIv;
      uint8_t* tag = const_cast<uint8_t*>(in + size);
      uint8_t none[1];
      int written;
      Demand(info.Env(), EVP_DecryptInit_ex2(ctx_.get(), nullptr, nullptr, iv, nullptr) == 1 &&
                             EVP_DecryptUpdate(ctx_.get(), pieces.out(i), &written, in, static_cast<int>(size)) == 1 &&
                             EVP_CIPHER_CTX_ctrl(ctx_.get(), EVP_CTRL_AEAD_SET_TAG, kTag, tag) == 1 &&
                             EVP_DecryptFinal_ex(ctx_.get(), none, &written) == 1);
    }
  }

  const CipherCtxPtr ctx_;
  uint64_t count_ = 0;
};

// Copies every piece to where Gcm would put its ciphertext.
void Copy(const Napi::CallbackInfo& info) {
  const size_t size = SizeArg(info);
  const Pieces pieces(info, size, size + kOverhead);
  for (size_t i = 0; i < pieces.count(); i++) memcpy(pieces.out(i) + kIv, pieces.in(i), size);
}

// HMAC with a key that stays set.
class Hmac : public Napi::ObjectWrap<Hmac> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Hmac", {InstanceMethod<&Hmac::Make>("make")});
  }

  // (key, hash)
  explicit Hmac(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    const ByteSpan key = BytesArg(info, 0);
    std::string hash = StringArg(info, 1);
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    ctx_.reset(EVP_MAC_CTX_new(mac));
    EVP_MAC_free(mac);
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash.data(), 0),
                                     OSSL_PARAM_END};
    Demand(info.Env(), ctx_ != nullptr && EVP_MAC_init(ctx_.get(), key.data, key.size, parameters) == 1);
    length_ = EVP_MAC_CTX_get_mac_size(ctx_.get());
  }

 private:
  void Make(const Napi::CallbackInfo& info) {
    const size_t size = SizeArg(info);
    const Pieces pieces(info, size, length_);
    for (size_t i = 0; i < pieces.count(); i++) {
      size_t written;
      Demand(info.Env(), EVP_MAC_init(ctx_.get(), nullptr, 0, nullptr) == 1 &&
                             EVP_MAC_update(ctx_.get(), pieces.in(i), size) == 1 &&
                             EVP_MAC_final(ctx_.get(), pieces.out(i), &written, length_) == 1);
    }
  }

  MacCtxPtr ctx_;
  size_t length_ = 0;
};

// Signatures of messages with one key: ECDSA as DER, RSA with PKCS#1 padding.
class Signer : public Napi::ObjectWrap<Signer> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Signer", {InstanceMethod<&Signer::Sign>("sign")});
  }

  // (PKCS#8, hash or null)
  explicit Signer(const Napi::CallbackInfo& info) : ObjectWrap(info), md_ctx_(EVP_MD_CTX_new()) {
    const ByteSpan pkcs8 = BytesArg(info, 0);
    const uint8_t* at = pkcs8.data;
    pkey_.reset(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(pkcs8.size)));
    Demand(info.Env(), pkey_ != nullptr);
    if (info[1].IsNull()) return;
    hash_.reset(EVP_MD_fetch(nullptr, StringArg(info, 1).c_str(), nullptr));
    ctx_.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey_.get(), nullptr));
    Demand(info.Env(), hash_ != nullptr && ctx_ != nullptr && EVP_PKEY_sign_init(ctx_.get()) == 1 &&
                           EVP_PKEY_CTX_set_signature_md(ctx_.get(), hash_.get()) == 1);
  }

 private:
  // (messages, size, out, lengths): signatures lie in `out` as far apart as the longest would be long, which is answered.
  Napi::Value Sign(const Napi::CallbackInfo& info) {
    const size_t size = SizeArg(info);
    const auto longest = static_cast<size_t>(EVP_PKEY_get_size(pkey_.get()));
    const Pieces pieces(info, size, longest);
    auto lengths = info[3].As<Napi::Uint32Array>();
    Demand(info.Env(), lengths.ElementLength() >= pieces.count());
    for (size_t i = 0; i < pieces.count(); i++) {
      size_t written = longest;
      Demand(info.Env(), hash_ == nullptr ? SignMessage(pieces.in(i), size, pieces.out(i), &written)
                                          : SignDigest(pieces.in(i), size, pieces.out(i), &written));
      lengths.Data()[i] = static_cast<uint32_t>(written);
    }
    return Napi::Number::New(info.Env(), static_cast<double>(longest));
  }

  bool SignMessage(const uint8_t* message, size_t size, uint8_t* out, size_t* written) {
    return EVP_DigestSignInit_ex(md_ctx_.get(), nullptr, nullptr, nullptr, nullptr, pkey_.get(), nullptr) == 1 &&
           EVP_DigestSign(md_ctx_.get(), out, written, message, size) == 1;
  }

  bool SignDigest(const uint8_t* message, size_t size, uint8_t* out, size_t* written) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    return EVP_Digest(message, size, digest, &length, hash_.get(), nullptr) == 1 &&
           EVP_PKEY_sign(ctx_.get(), out, written, digest, length) == 1;
  }

  PkeyPtr pkey_;
  std::unique_ptr<EVP_MD, Free<EVP_MD_free>> hash_;
  PkeyCtxPtr ctx_;
  const MdCtxPtr md_ctx_;
};

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("Gcm", Gcm::Define(env));
  exports.Set("Hmac", Hmac::Define(env));
  exports.Set("Signer", Signer::Define(env));
  exports.Set("copy", Napi::Function::New<Copy>(env));
  ExportPkcs11Loop(env, exports);
  return exports;
}

}  // namespace
}  // namespace mortise::bench

namespace {
Napi::Object InitLimits(Napi::Env env, Napi::Object exports) { return mortise::bench::Init(env, exports); }
}  // namespace

NODE_API_MODULE(limits, InitLimits)
