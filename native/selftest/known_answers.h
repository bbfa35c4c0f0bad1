// What the files of known answers share.
#pragma once

#include <cstring>
#include <string_view>

#include "keys/key.h"

namespace mortise {

using Octets = std::vector<uint8_t>;

// Hands out the byte strings that a test is made of, and alters one of them where the test is broken on purpose.
class Vectors {
 public:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  explicit Vectors(size_t altered) : altered_(altered) {}

  Octets Hex(std::string_view digits) {
    Octets bytes;
    bytes.reserve(digits.size() / 2);
    for (size_t i = 0; i + 1 < digits.size(); i += 2) {
      bytes.push_back(static_cast<uint8_t>(Nibble(digits[i]) << 4 | Nibble(digits[i + 1])));
    }
    return Hand(std::move(bytes));
  }
  Octets Text(std::string_view text) { return Hand({text.begin(), text.end()}); }
  Octets Repeated(size_t count, uint8_t byte) { return Hand(Octets(count, byte)); }

  // How many it has handed out.
  size_t count() const { return count_; }

 private:
  static uint8_t Nibble(char digit) { return static_cast<uint8_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10); }

  // Not any byte will do: OpenSSL signs without those numbers of an RSA key that are wrong, but not without the modulus,
  // which comes first.
  Octets Hand(Octets bytes) {
    if (count_++ == altered_) bytes[bytes.size() / 8] ^= 0x80;
    return bytes;
  }

  const size_t altered_;
  size_t count_ = 0;
};

inline bool Same(ByteView a, ByteView b) { return a.size == b.size && memcmp(a.data, b.data, a.size) == 0; }

struct KnownAnswer {
  const char* name;
  bool (*holds)(Vectors&);
};

std::vector<KnownAnswer> HashAnswers();
std::vector<KnownAnswer> CipherAnswers();
std::vector<KnownAnswer> AsymmetricAnswers();

}  // namespace mortise
