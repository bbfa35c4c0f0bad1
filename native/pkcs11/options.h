// What a token is opened with.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/secure_memory.h"

namespace mortise::pkcs11 {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

// What is empty fits every token.
struct Selector {
  std::string label;
  std::string serial;
  std::string manufacturer;
  std::string model;
};

struct Policy {
  size_t threads = 8;
  size_t reserve = 0;
  size_t queue = 1024;
  Milliseconds deadline{10000};
  Milliseconds generation_deadline{60000};
  // 0: never.
  Milliseconds keep_alive{20000};
  // Who makes the IVs of AES-GCM, and the form of its parameters; where they are not said they are found out.
  std::optional<bool> token_iv;
  std::optional<bool> iv_bits;
};

struct Options {
  std::string module;
  Selector selector;
  // Empty: nobody logs in, but at a keypad of the token's own.
  SecureBytes pin;
  std::string initialization;
  bool foreign = false;
  Policy policy;
};

}  // namespace mortise::pkcs11
