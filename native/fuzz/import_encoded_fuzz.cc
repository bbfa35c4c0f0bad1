// Keys of every format, made by a stranger: whatever is taken goes out in its formats and comes back as itself.
#include <cstdlib>
#include <cstring>

#include "formats/encoding.h"

namespace {

using namespace mortise;

void ComesBack(const Key& key, const ExportOptions& form) {
  Result<SecureBytes> encoded = ExportEncoded(key, form);
  if (!encoded.ok()) return;
  ImportOptions options;
  options.format = form.format;
  if (key.kind() == KeyKind::kSecret) options.secret_type = key.type();
  Result<KeyRef> again = ImportEncoded(encoded.value().view(), options);
  if (!again.ok()) abort();
  const ByteView was = key.material();
  const ByteView is = again.value()->material();
  if (was.size != is.size || memcmp(was.data, is.data, was.size) != 0) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView input(data, size);
  for (const std::optional<KeyType> secret : {std::optional<KeyType>{}, std::optional<KeyType>{KeyType::kAes}}) {
    ImportOptions options;
    options.secret_type = secret;
    Result<KeyRef> key = ImportEncoded(input, options);
    if (!key.ok()) continue;
    for (const KeyFormat format : {KeyFormat::kRaw, KeyFormat::kPkcs1, KeyFormat::kPkcs8, KeyFormat::kSec1,
                                   KeyFormat::kSpki, KeyFormat::kJwk}) {
      ComesBack(*key.value(), {format, false, {}});
      ComesBack(*key.value(), {format, true, {}});
    }
  }
  ERR_clear_error();
  return 0;
}
