#include "formats/text.h"

#include <algorithm>
#include <cstring>

#include "common/ossl.h"

namespace mortise {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";
constexpr size_t kLine = 64;

Error Refuse(const char* message) { return Error{Code::kKeyInvalid, message}; }

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view TextOf(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data), bytes.size}; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

bool StartsWith(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

// -1 for what is not of the alphabet. No table, whose cache lines would tell of the key.
int Value(char c, Alphabet alphabet) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == (alphabet == Alphabet::kUrl ? '-' : '+')) return 62;
  if (c == (alphabet == Alphabet::kUrl ? '_' : '/')) return 63;
  return -1;
}

char Digit(uint32_t value, Alphabet alphabet) {
  if (value < 26) return static_cast<char>('A' + value);
  if (value < 52) return static_cast<char>('a' + value - 26);
  if (value < 62) return static_cast<char>('0' + value - 52);
  if (value == 62) return alphabet == Alphabet::kUrl ? '-' : '+';
  return alphabet == Alphabet::kUrl ? '_' : '/';
}

}  // namespace

Result<SecureBytes> DecodeBase64(ByteView text, Alphabet alphabet) {
  MORTISE_TRY(out, SecureBytes::Make(text.size / 4 * 3 + 3));
  const Error invalid = Refuse("the base64 text of the key is damaged");
  uint32_t bits = 0;
  size_t digits = 0;
  size_t padding = 0;
  size_t size = 0;
  for (const char c : TextOf(text)) {
    if (alphabet == Alphabet::kStandard && IsSpace(c)) continue;
    if (alphabet == Alphabet::kStandard && c == '=') {
      padding++;
      continue;
    }
    const int value = Value(c, alphabet);
    if (value < 0 || padding > 0) return invalid;
    bits = bits << 6 | static_cast<uint32_t>(value);
    if (++digits % 4 == 0) {
      for (const int shift : {16, 8, 0}) out.data()[size++] = static_cast<uint8_t>(bits >> shift);
      bits = 0;
    }
  }
  const size_t left = digits % 4;
  const size_t expected = alphabet == Alphabet::kUrl || left == 0 ? 0 : 4 - left;
  if (left == 1 || padding != expected) return invalid;
  if (left == 2) {
    if ((bits & 0xf) != 0) return invalid;
    out.data()[size++] = static_cast<uint8_t>(bits >> 4);
  } else if (left == 3) {
    if ((bits & 0x3) != 0) return invalid;
    out.data()[size++] = static_cast<uint8_t>(bits >> 10);
    out.data()[size++] = static_cast<uint8_t>(bits >> 2);
  }
  out.Truncate(size);
  return out;
}

bool LooksLikePem(ByteView text) { return StartsWith(Trimmed(TextOf(text)), kBegin); }

Result<Pem> ParsePem(ByteView text) {
  std::string_view rest = Trimmed(TextOf(text));
  if (!StartsWith(rest, kBegin)) return Refuse("the PEM text does not begin with a BEGIN line");
  rest.remove_prefix(kBegin.size());
  const size_t label_end = rest.find(kDashes);
  if (label_end == std::string_view::npos || label_end > 64) return Refuse("the BEGIN line of the PEM text is damaged");
  const std::string_view label = rest.substr(0, label_end);
  rest.remove_prefix(label_end + kDashes.size());
  const size_t body_end = rest.find(kDashes);
  if (body_end == std::string_view::npos) return Refuse("the PEM text has no END line");
  const std::string_view body = rest.substr(0, body_end);
  rest.remove_prefix(body_end);
  if (!StartsWith(rest, kEnd)) return Refuse("the PEM text has a line of dashes inside");
  rest.remove_prefix(kEnd.size());
  if (!StartsWith(rest, label) || !StartsWith(rest.substr(label.size()), kDashes)) {
    return Refuse("the END line of the PEM text does not match its BEGIN line");
  }
  rest.remove_prefix(label.size() + kDashes.size());
  if (StartsWith(Trimmed(rest), kBegin)) return Refuse("the PEM text has more than one block: give the one with the key");
  if (!rest.empty()) return Refuse("there is something behind the PEM block");
  if (body.find(':') != std::string_view::npos) {
    return Error{Code::kUnsupported,
                 "PEM with headers, as old OpenSSL encrypts it, is not supported: convert it to PKCS#8"};
  }
  MORTISE_TRY(der, DecodeBase64(ByteView(body), Alphabet::kStandard));
  return Pem{label, std::move(der)};
}

Result<SecureText> SecureText::Make(size_t capacity) {
  MORTISE_TRY(room, SecureBytes::Make(capacity));
  return SecureText(std::move(room));
}

void SecureText::Append(ByteView bytes) {
  if (full_ || bytes.size > room_.size() - size_) {
    full_ = true;
    return;
  }
  if (bytes.size > 0) memcpy(room_.data() + size_, bytes.data, bytes.size);
  size_ += bytes.size;
}

void SecureText::AppendBase64(ByteView bytes, Alphabet alphabet) {
  for (size_t at = 0; at < bytes.size; at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size - at);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; i++) bits = bits << 8 | (i < count ? bytes.data[at + i] : 0);
    char digits[4];
    for (size_t i = 0; i < 4; i++) digits[i] = Digit(bits >> (18 - 6 * i) & 0x3f, alphabet);
    Append(std::string_view(digits, count + 1));
    if (alphabet == Alphabet::kStandard) Append(std::string_view("==").substr(0, 3 - count));
    OPENSSL_cleanse(digits, sizeof digits);
  }
}

Result<SecureBytes> SecureText::Finish() {
  if (full_) return Code::kInternal;
  room_.Truncate(size_);
  return std::move(room_);
}

Result<SecureBytes> ToPem(std::string_view label, ByteView der) {
  constexpr size_t kLineBytes = kLine / 4 * 3;
  MORTISE_TRY(text, SecureText::Make(2 * der.size + 128));
  for (const std::string_view part : {kBegin, label, kDashes, std::string_view("\n")}) text.Append(part);
  for (size_t at = 0; at < der.size; at += kLineBytes) {
    text.AppendBase64(der.Slice(at, std::min(kLineBytes, der.size - at)), Alphabet::kStandard);
    text.Append("\n");
  }
  for (const std::string_view part : {kEnd, label, kDashes, std::string_view("\n")}) text.Append(part);
  return text.Finish();
}

}  // namespace mortise
