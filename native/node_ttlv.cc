// TTLV. A message takes less time than a function of node-addon-api: so these are called through Node-API itself, take their
// limits when they are made, answer plain numbers, and do not meet OpenSSL, whose errors would have to be kept apart.
#include <cstring>

#include "node_args.h"
#include "ttlv/encode.h"

namespace mortise::node {
namespace {

template <typename T>
struct Array {
  T* data = nullptr;
  size_t size = 0;

  bool From(napi_env env, napi_value value, napi_typedarray_type wanted) {
    napi_typedarray_type type = napi_int8_array;
    void* start = nullptr;
    if (napi_get_typedarray_info(env, value, &type, &size, &start, nullptr, nullptr) != napi_ok || type != wanted) return false;
    data = static_cast<T*>(start);
    return true;
  }
};

// Runs a callback whose errors are exceptions of C++, as node-addon-api does for its own.
template <typename State, napi_value (*function)(napi_env, State&, napi_value*)>
napi_value Call(napi_env env, napi_callback_info info) {
  constexpr size_t kMost = 4;
  size_t count = kMost;
  napi_value args[kMost];
  void* state = nullptr;
  napi_get_cb_info(env, info, &count, args, nullptr, &state);
  try {
    RefuseInErrorState(env);
    return function(env, *static_cast<State*>(state), args);
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const std::exception& error) {
    Napi::Error::New(env, error.what()).ThrowAsJavaScriptException();
  }
  return nullptr;
}

// A function of JavaScript that owns a state.
template <typename State, napi_value (*function)(napi_env, State&, napi_value*)>
Napi::Value WithState(Napi::Env env, const char* name, std::unique_ptr<State> state) {
  napi_value made = nullptr;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, Call<State, function>, state.get(), &made) != napi_ok) {
    Throw(env, Error{Code::kInternal});
  }
  Napi::Function result(env, made);
  result.AddFinalizer([](Napi::Env, State* owned) { delete owned; }, state.get());
  state.release();
  return result;
}

// (bytes, start, tape, first node): the node behind the last, or where something is wrong a negative number, the fault in the
// bits above 32 and its place below.
napi_value Decode(napi_env env, ttlv::Limits& limits, napi_value* args) {
  Array<const uint8_t> bytes;
  Array<uint32_t> tape;
  uint32_t start = 0;
  uint32_t first = 0;
  if (!bytes.From(env, args[0], napi_uint8_array) || napi_get_value_uint32(env, args[1], &start) != napi_ok ||
      !tape.From(env, args[2], napi_uint32_array) || napi_get_value_uint32(env, args[3], &first) != napi_ok) {
    Invalid(env, "decoding takes a Uint8Array, a number, a Uint32Array and a number");
  }
  const size_t room = tape.size / ttlv::kWordsOfNode;
  if (bytes.size > kLargestInput || start > bytes.size || first > room || room > UINT32_MAX) Invalid(env, "a position lies outside");
  const ttlv::Decoded decoded = ttlv::Decode({bytes.data, bytes.size}, start, limits, reinterpret_cast<ttlv::Node*>(tape.data), first,
                                             static_cast<uint32_t>(room));
  napi_value result = nullptr;
  if (decoded.fault == ttlv::Fault::kNone) {
    napi_create_uint32(env, decoded.end, &result);
  } else {
    constexpr double kAbove = 4294967296;
    napi_create_double(env, -(static_cast<double>(decoded.fault) * kAbove + decoded.at), &result);
  }
  return result;
}

Napi::Value TtlvDecoder(const Napi::CallbackInfo& info) {
  const ttlv::Limits limits = {Uint32Of(info[0], "largestMessage"), info[1].ToBoolean()};
  return WithState<ttlv::Limits, Decode>(info.Env(), "decodeTtlv", std::make_unique<ttlv::Limits>(limits));
}

// As OPENSSL_cleanse, which for a few words takes longer than these.
inline void Wipe(void* bytes, size_t size) {
  memset(bytes, 0, size);
  asm volatile("" : : "r"(bytes) : "memory");
}

struct Encoder {
  // Keeps the memory of `words`, which nobody but the one who has the encoder may detach.
  Napi::Reference<Napi::Uint32Array> commands;
  Array<uint32_t> words;
  // Where texts lie before they are put in their places.
  std::vector<uint8_t> texts;
};

// The first words say what the others are.
enum Header : size_t { kCount, kUnits, kWide, kAt, kFirst };

// (texts, out): bytes written; -1 where they do not fit, or texts are not ASCII and it was not said that they may be; -2 for what
// are no commands. Commands and texts are wiped: keys and passwords are among them.
napi_value Encode(napi_env env, Encoder& encoder, napi_value* args) {
  auto& [commands, words, texts] = encoder;
  Array<uint8_t> out;
  if (!out.From(env, args[1], napi_uint8_array)) Invalid(env, "encoding takes a string and a Uint8Array");
  const uint32_t count = words.data[kCount];
  const uint32_t units = words.data[kUnits];
  const bool wide = words.data[kWide] != 0;
  const uint32_t at = words.data[kAt];
  if (out.size > kLargestInput) Invalid(env, "out is too large");
  if (size_t{count} + ttlv::kSlack / sizeof(uint32_t) > words.size - kFirst || at > out.size) Invalid(env, "a position lies outside");
  // A text that is not ASCII is longer, and more than `units` bytes of it fit: four for a character, and the zero behind it.
  const size_t room = size_t{units} * (wide ? 3 : 1) + 5;
  if (texts.size() < room + ttlv::kSlack) texts.resize(room + ttlv::kSlack);
  size_t size = 0;
  if (napi_get_value_string_utf8(env, args[0], reinterpret_cast<char*>(texts.data()), room, &size) != napi_ok) {
    Invalid(env, "encoding takes a string and a Uint8Array");
  }
  const ByteView text(texts.data(), size);
  ttlv::Encoded encoded = {ttlv::Encoding::kNoRoom, 0};
  if (wide || size == units) {
    encoded = ttlv::Encode({words.data + kFirst, count}, text, units, {out.data + at, out.size - at});
  }
  Wipe(texts.data(), size);
  if (encoded.result == ttlv::Encoding::kDone) Wipe(words.data, (kFirst + count) * sizeof(uint32_t));
  napi_value result = nullptr;
  int32_t answer = -1;
  if (encoded.result == ttlv::Encoding::kDone) answer = static_cast<int32_t>(encoded.size);
  if (encoded.result == ttlv::Encoding::kInvalid) answer = -2;
  napi_create_int32(env, answer, &result);
  return result;
}

Napi::Value TtlvEncoder(const Napi::CallbackInfo& info) {
  const Words words = WordsArg(info, 0, "commands");
  if (words.size < kFirst) Invalid(info.Env(), "commands must have room for their header");
  auto encoder = std::make_unique<Encoder>();
  encoder->commands = Napi::Reference<Napi::Uint32Array>::New(info[0].As<Napi::Uint32Array>(), 1);
  encoder->words = {const_cast<uint32_t*>(words.data), words.size};
  return WithState<Encoder, Encode>(info.Env(), "encodeTtlv", std::move(encoder));
}

}  // namespace

void ExportTtlv(Napi::Object exports) {
  Export<TtlvDecoder>(exports, "ttlvDecoder");
  Export<TtlvEncoder>(exports, "ttlvEncoder");
}

}  // namespace mortise::node
