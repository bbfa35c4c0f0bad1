// Decoding of arguments: what has the wrong shape throws MORTISE_INPUT_INVALID and names the argument.
#pragma once

#include "cipher/mode.h"
#include "envelope/envelope.h"
#include "node_addon.h"

namespace mortise::node {

// Valid while no JavaScript runs.
ByteSpan BytesArg(const Napi::CallbackInfo& info, size_t index, const char* name);
ByteSpan BytesOf(Napi::Value value, const char* name);
// Empty where it is undefined.
ByteView OptionalBytesArg(const Napi::CallbackInfo& info, size_t index, const char* name);
struct Words {
  const uint32_t* data;
  size_t size;
};
Words WordsArg(const Napi::CallbackInfo& info, size_t index, const char* name);
// Two arguments: offsets and lengths.
Slices SlicesArg(const Napi::CallbackInfo& info, size_t index);
using Copies = std::vector<std::vector<uint8_t>>;
// An array of Uint8Array, copied.
Copies CopiesArg(const Napi::CallbackInfo& info, size_t index, const std::string& name);
std::string StringArg(const Napi::CallbackInfo& info, size_t index, const char* name);
// False where it is left out.
bool FlagOf(Napi::Object object, const char* name);
// A whole number of 0 to 2^53-1.
uint64_t CountOf(Napi::Value value, const char* name);
uint32_t Uint32Of(Napi::Value value, const char* name);
Napi::Object ObjectArg(const Napi::CallbackInfo& info, size_t index, const char* name);

// A member of an object.
std::string TextOf(Napi::Value value, const char* name);

Hash HashArg(const Napi::CallbackInfo& info, size_t index);
Hash HashNamed(Napi::Env env, const std::string& name);
Mode ModeNamed(Napi::Env env, const std::string& name);
Curve CurveNamed(Napi::Env env, const std::string& name);
KeyType KeyTypeArg(const Napi::CallbackInfo& info, size_t index);
KeyType KeyTypeNamed(Napi::Env env, const std::string& name);
KeyKind KeyKindArg(const Napi::CallbackInfo& info, size_t index);
KeyKind KeyKindNamed(Napi::Env env, const std::string& name);
const Scheme& SchemeArg(const Napi::CallbackInfo& info, size_t index);
SignatureForm FormArg(const Napi::CallbackInfo& info, size_t index);
const ContentEncryption& EncryptionArg(const Napi::CallbackInfo& info, size_t index);
// Its parts, copied.
Envelope EnvelopeArg(const Napi::CallbackInfo& info, size_t index);
// Throws MORTISE_CLOSED for a disposed handle.
KeyRef KeyArg(const Napi::CallbackInfo& info, size_t index, const char* name);

[[noreturn]] void Invalid(Napi::Env env, const std::string& message);

}  // namespace mortise::node
