// RSAES-OAEP (RFC 8017 section 7.1), MGF1 with the same hash, empty label.
#pragma once

#include "keys/key.h"

namespace mortise {

// RFC 8017 section 7.1.
struct Oaep {
  Oaep(Hash hash) : hash(hash), mask(hash) {}
  Oaep(Hash hash, Hash mask, ByteView label) : hash(hash), mask(mask), label(label) {}

  Hash hash;
  // Of MGF1.
  Hash mask;
  ByteView label;
};

Result<std::vector<uint8_t>> OaepEncrypt(const Key& key, const Oaep& oaep, ByteView plaintext);
Result<SecureBytes> OaepDecrypt(const Key& key, const Oaep& oaep, ByteView ciphertext);
// EME-OAEP decoding (RFC 8017 section 7.1.2 step 3) of what the private operation alone has made, in constant time. `block` has
// the length of the modulus.
Result<SecureBytes> OaepUnpad(const Oaep& oaep, ByteView block);

}  // namespace mortise
