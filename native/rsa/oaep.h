// RSAES-OAEP (RFC 8017 section 7.1), MGF1 with the same hash, empty label.
#pragma once

#include "keys/key.h"

namespace mortise {

Result<std::vector<uint8_t>> OaepEncrypt(const Key& key, Hash hash, ByteView plaintext);
Result<SecureBytes> OaepDecrypt(const Key& key, Hash hash, ByteView ciphertext);

}  // namespace mortise
