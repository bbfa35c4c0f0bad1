// Text of keys in locked memory: base64 (RFC 4648), PEM (RFC 7468), and the growing of both.
#pragma once

#include <string>

#include "common/bytes.h"
#include "common/secure_memory.h"

namespace mortise {

enum class Alphabet { kStandard, kUrl };

// `kStandard` is padded and may hold white space, as in PEM; `kUrl` is neither, as in JOSE. Bits that stand for nothing
// must be zero.
Result<SecureBytes> DecodeBase64(ByteView text, Alphabet alphabet);

struct Pem {
  std::string_view label;
  SecureBytes der;
};

// Whether the text begins as PEM, but for white space.
bool LooksLikePem(ByteView text);
// Exactly one block, without headers. The label points into the text.
Result<Pem> ParsePem(ByteView text);

// Text that grows up to a capacity and is wiped with it.
class SecureText {
 public:
  static Result<SecureText> Make(size_t capacity);

  void Append(std::string_view text) { Append(ByteView(text)); }
  void Append(ByteView bytes);
  void AppendBase64(ByteView bytes, Alphabet alphabet);
  Result<SecureBytes> Finish();

 private:
  explicit SecureText(SecureBytes room) : room_(std::move(room)) {}

  SecureBytes room_;
  size_t size_ = 0;
  bool full_ = false;
};

Result<SecureBytes> ToPem(std::string_view label, ByteView der);

}  // namespace mortise
