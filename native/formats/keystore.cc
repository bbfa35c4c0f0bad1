#include "formats/keystore.h"

#include <openssl/pkcs12.h>

#include "common/ossl.h"

namespace mortise {
namespace {

using Pkcs12Ptr = std::unique_ptr<PKCS12, Free<PKCS12_free>>;
using SigPtr = std::unique_ptr<X509_SIG, Free<X509_SIG_free>>;
using CertificatePtr = std::unique_ptr<X509, Free<X509_free>>;

struct FreeContents {
  void operator()(STACK_OF(PKCS7) * contents) const { sk_PKCS7_pop_free(contents, PKCS7_free); }
};
using ContentsPtr = std::unique_ptr<STACK_OF(PKCS7), FreeContents>;

struct FreeBags {
  void operator()(STACK_OF(PKCS12_SAFEBAG) * bags) const { sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free); }
};
using BagsPtr = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), FreeBags>;

struct FreeText {
  void operator()(char* text) const { OPENSSL_free(text); }
};

struct Password {
  const char* text;
  int size;
};

Error Malformed() { return {Code::kKeyInvalid, "this is no PKCS#12 that can be read"}; }

Error Strange() {
  return {Code::kUnsupported,
          "the keystore is encrypted by an algorithm that is not there: write it again by keytool -importkeystore of a "
          "Java of today"};
}

std::string NameOf(PKCS12_SAFEBAG* bag) {
  const std::unique_ptr<char, FreeText> name(PKCS12_get_friendlyname(bag));
  return name == nullptr ? "" : name.get();
}

std::vector<uint8_t> IdOf(const PKCS12_SAFEBAG* bag) {
  const ASN1_TYPE* value = PKCS12_SAFEBAG_get0_attr(bag, NID_localKeyID);
  if (value == nullptr || value->type != V_ASN1_OCTET_STRING) return {};
  const ASN1_OCTET_STRING* id = value->value.octet_string;
  const uint8_t* data = ASN1_STRING_get0_data(id);
  return {data, data + ASN1_STRING_length(id)};
}

Result<SecureBytes> Encode(const PKCS8_PRIV_KEY_INFO* key) {
  const int size = i2d_PKCS8_PRIV_KEY_INFO(key, nullptr);
  if (size <= 0) return Malformed();
  MORTISE_TRY(encoded, SecureBytes::Make(static_cast<size_t>(size)));
  uint8_t* out = encoded.data();
  if (i2d_PKCS8_PRIV_KEY_INFO(key, &out) != size) return Malformed();
  return encoded;
}

Status AddKey(Keystore& keystore, PKCS12_SAFEBAG* bag, const PKCS8_PRIV_KEY_INFO* key) {
  MORTISE_TRY(pkcs8, Encode(key));
  keystore.keys.push_back({NameOf(bag), IdOf(bag), std::move(pkcs8)});
  return Done{};
}

Status AddCertificate(Keystore& keystore, PKCS12_SAFEBAG* bag) {
  const CertificatePtr certificate(PKCS12_SAFEBAG_get1_cert(bag));
  if (certificate == nullptr) return Malformed();
  uint8_t* encoded = nullptr;
  const int size = i2d_X509(certificate.get(), &encoded);
  if (size <= 0) return Malformed();
  std::vector<uint8_t> der(encoded, encoded + size);
  OPENSSL_free(encoded);
  keystore.certificates.push_back({NameOf(bag), IdOf(bag), std::move(der)});
  return Done{};
}

Status AddBag(Keystore& keystore, PKCS12_SAFEBAG* bag, const Password& password) {
  switch (PKCS12_SAFEBAG_get_nid(bag)) {
    case NID_keyBag:
      return AddKey(keystore, bag, PKCS12_SAFEBAG_get0_p8inf(bag));
    case NID_pkcs8ShroudedKeyBag: {
      const Pkcs8Ptr key(PKCS12_decrypt_skey(bag, password.text, password.size));
      if (key == nullptr) return Strange();
      return AddKey(keystore, bag, key.get());
    }
    case NID_certBag:
      return AddCertificate(keystore, bag);
    default:
      keystore.others.push_back(NameOf(bag));
      return Done{};
  }
}

Status AddContent(Keystore& keystore, PKCS7* content, const Password& password) {
  const bool encrypted = PKCS7_type_is_encrypted(content);
  if (!encrypted && !PKCS7_type_is_data(content)) return Malformed();
  const BagsPtr bags(encrypted ? PKCS12_unpack_p7encdata(content, password.text, password.size)
                               : PKCS12_unpack_p7data(content));
  if (bags == nullptr) return encrypted ? Strange() : Malformed();
  for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags.get()); i++) {
    const size_t entries = keystore.keys.size() + keystore.certificates.size() + keystore.others.size();
    if (entries == kMostKeystoreEntries) return Error{Code::kInputTooLarge, "the keystore has more than 10,000 entries"};
    MORTISE_CHECK(AddBag(keystore, sk_PKCS12_SAFEBAG_value(bags.get(), i), password));
  }
  return Done{};
}

}  // namespace

Result<Keystore> ReadKeystore(ByteView file, ByteView password) {
  if (file.size > kLargestKeystore) return Error{Code::kInputTooLarge, "a keystore may have 16 MiB at most"};
  const uint8_t* in = file.data;
  const Pkcs12Ptr parsed(d2i_PKCS12(nullptr, &in, static_cast<long>(file.size)));
  if (parsed == nullptr || in != file.data + file.size || !PKCS12_mac_present(parsed.get())) return Malformed();
  const Password secret = {reinterpret_cast<const char*>(password.data), static_cast<int>(password.size)};
  if (PKCS12_verify_mac(parsed.get(), secret.text, secret.size) != 1) return Code::kDecryptionFailed;
  const ContentsPtr contents(PKCS12_unpack_authsafes(parsed.get()));
  if (contents == nullptr) return Malformed();
  Keystore keystore;
  for (int i = 0; i < sk_PKCS7_num(contents.get()); i++) {
    MORTISE_CHECK(AddContent(keystore, sk_PKCS7_value(contents.get(), i), secret));
  }
  return keystore;
}

}  // namespace mortise
