// Records, blobs, wrapped keys and key files made by a stranger are refused without accident.
#include <cstdlib>

#include "aead/batch.h"
#include "aead/blob.h"
#include "keyfile/keyfile.h"
#include "keys/secret.h"
#include "wrap/keywrap.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mortise;
  static const KeyRef key = GenerateSecret(KeyType::kAes, 256).value();
  static RecordCipher& cipher = *new RecordCipher(RecordCipher::Make(*key).value());
  const ByteView input(data, size);
  std::vector<uint8_t> out(size);
  if (cipher.Open(0, input, {}, out.data()).ok() || OpenBytes(*key, input, {}, out.data()).ok() ||
      OpenKey(*key, input, {}).ok() || UnwrapBytes(*key, input, WrapMode::kKw).ok()) {
    abort();
  }
  // KWP's check is of 32 bits and some lengths: a stranger may pass it by chance.
  static_cast<void>(UnwrapBytes(*key, input, WrapMode::kKwp).ok());
  static_cast<void>(ParseKeyFile(input).ok());

  // The input as offsets and lengths of a batch over itself.
  const std::vector<uint32_t> words(size / 4 + 1, size > 4 ? GetBigEndian32(data) : 0);
  std::vector<uint8_t> status(words.size());
  Result<Batch> batch = Batch::ToOpen(input, {words.data(), words.data(), words.size()}, {},
                                      {out.data(), out.size()}, {status.data(), status.size()}, cipher.overhead());
  if (batch.ok()) batch.value().Open(cipher, 0, 0, batch.value().count());
  ERR_clear_error();
  return 0;
}
