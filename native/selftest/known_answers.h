// What the files of known answers share, and those that do not stand with their list.
#pragma once

#include <cstring>
#include <string_view>

#include "keys/key.h"

namespace mortise {

using Octets = std::vector<uint8_t>;

inline uint8_t Nibble(char digit) { return static_cast<uint8_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10); }

inline Octets Hex(std::string_view text) {
  Octets bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(Nibble(text[i]) << 4 | Nibble(text[i + 1])));
  }
  return bytes;
}

inline bool Same(ByteView a, ByteView b) { return a.size == b.size && memcmp(a.data, b.data, a.size) == 0; }

// A test takes a byte that alters its input: 0 unless the test is broken on purpose.
inline Octets Altered(Octets bytes, uint8_t twist) {
  bytes[0] ^= twist;
  return bytes;
}

inline Octets Abc(uint8_t twist) { return Altered({'a', 'b', 'c'}, twist); }

bool AesCbc(uint8_t twist);
bool AesCtr(uint8_t twist);
bool AesEcb(uint8_t twist);
bool AesXts(uint8_t twist);
bool TripleDes(uint8_t twist);
bool ChaCha20Poly1305(uint8_t twist);
bool AesCmac(uint8_t twist);

bool RsaPkcs1(uint8_t twist);
bool RsaPss(uint8_t twist);
bool RsaOaep(uint8_t twist);
bool EcdsaP256(uint8_t twist);
bool EcdsaSecp256k1(uint8_t twist);
bool Ed25519(uint8_t twist);
bool Ed448(uint8_t twist);
bool EcdhP256(uint8_t twist);
bool X25519(uint8_t twist);
bool X448(uint8_t twist);

}  // namespace mortise
