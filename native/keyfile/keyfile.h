// The file that holds a root key: one line, `mortise-root-key-1 ` and the 256 bits in hexadecimal.
#pragma once

#include <string>

#include "keys/key.h"

namespace mortise {

// Mode 0600; file and directory are synced. An existing file stays as it is, and is an error. The file appears whole or
// not at all.
Status CreateKeyFile(const std::string& path);
// Refuses a file that others than its owner may read or write.
Result<KeyRef> ReadKeyFile(const std::string& path);
// The parser alone.
Result<KeyRef> ParseKeyFile(ByteView text);

}  // namespace mortise
