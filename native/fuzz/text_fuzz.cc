// The small parsers below those of keys: JSON, base64, PEM, DER, and the two forms of an ECDSA signature. What is read is
// written as it was, or as it must be.
#include <array>
#include <cstdlib>
#include <cstring>

#include "formats/der.h"
#include "formats/json.h"
#include "formats/text.h"
#include "fuzz/input.h"
#include "sign/ecdsa_form.h"

namespace {

using namespace mortise;

bool Same(ByteView a, ByteView b) { return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0); }

bool IsSpace(uint8_t byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

void Json(ByteView text) {
  Result<JsonObject> object = JsonObject::Parse(text);
  if (!object.ok()) return;
  for (const char* name : {"kty", "crv", "k", "n", "x", ""}) {
    const auto member = object.value().Text(name);
    if (!member) continue;
    const auto* at = reinterpret_cast<const uint8_t*>(member->data());
    if (!object.value().Has(name) || at < text.data || at + member->size() > text.data + text.size) abort();
  }
}

void Base64(ByteView text, Alphabet alphabet) {
  Result<SecureBytes> bytes = DecodeBase64(text, alphabet);
  if (!bytes.ok()) return;
  SecureText again = SecureText::Make(text.size + 4).value();
  again.AppendBase64(bytes.value().view(), alphabet);
  std::vector<uint8_t> expected(text.data, text.data + text.size);
  if (alphabet == Alphabet::kStandard) {
    expected.erase(std::remove_if(expected.begin(), expected.end(), IsSpace), expected.end());
  }
  if (!Same(again.Finish().value().view(), expected)) abort();
}

void PemBlock(ByteView text) {
  if (!LooksLikePem(text)) return;
  Result<Pem> pem = ParsePem(text);
  if (!pem.ok()) return;
  Result<SecureBytes> written = ToPem(pem.value().label, pem.value().der.view());
  if (!written.ok()) abort();
  Result<Pem> again = ParsePem(written.value().view());
  if (!again.ok() || !Same(again.value().der.view(), pem.value().der.view())) abort();
}

// Every element, and what is inside it.
void Der(ByteView der, int depth) {
  DerReader reader(der);
  ByteView contents;
  while (!reader.empty()) {
    const uint8_t tag = reader.tag();
    DerReader number = reader;
    if (number.Number(contents) && contents.size > der.size) abort();
    if (!reader.Next(tag, contents)) return;
    if (contents.data < der.data || contents.data + contents.size > der.data + der.size) abort();
    if (depth > 0) Der(contents, depth - 1);
  }
}

void Signature(ByteView der, size_t field) {
  std::array<uint8_t, 2 * 66> fixed = {};
  if (!EcdsaDerToFixed(der, field, fixed.data()).ok()) return;
  EcdsaDer written;
  const size_t size = EcdsaFixedToDer({fixed.data(), 2 * field}, field, written);
  std::array<uint8_t, 2 * 66> again = {};
  if (size == 0 || !EcdsaDerToFixed({written.data(), size}, field, again.data()).ok() || again != fixed) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const uint8_t parser = input.Byte();
  const ByteView rest = input.Rest();
  switch (parser % 6) {
    case 0: Json(rest); break;
    case 1: Base64(rest, Alphabet::kStandard); break;
    case 2: Base64(rest, Alphabet::kUrl); break;
    case 3: PemBlock(rest); break;
    case 4: Der(rest, 8); break;
    case 5:
      for (const size_t field : {32, 48, 66}) Signature(rest, field);
      break;
  }
  ERR_clear_error();
  return 0;
}
