#include "formats/json.h"

namespace mortise {
namespace {

constexpr int kDeepest = 8;

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool AtEnd() {
    SkipSpace();
    return rest_.empty();
  }

  bool Take(char c) {
    if (!Sees(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool Sees(char c) {
    SkipSpace();
    return !rest_.empty() && rest_.front() == c;
  }

  // Text without escapes: keys have none.
  bool Text(std::string_view& text) {
    if (!Take('"')) return false;
    for (size_t i = 0; i < rest_.size(); i++) {
      const char c = rest_[i];
      if (c == '\\' || static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '"') continue;
      text = rest_.substr(0, i);
      rest_.remove_prefix(i + 1);
      return true;
    }
    return false;
  }

  // A value of any kind.
  bool Skip(int depth) {
    if (depth > kDeepest) return false;
    std::string_view text;
    if (Sees('"')) return Text(text);
    if (Take('[')) return SkipMembers(']', depth, false);
    if (Take('{')) return SkipMembers('}', depth, true);
    return SkipWord();
  }

 private:
  void SkipSpace() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == '\r' || rest_.front() == '\n')) {
      rest_.remove_prefix(1);
    }
  }

  bool SkipMembers(char end, int depth, bool named) {
    if (Take(end)) return true;
    std::string_view name;
    do {
      if (named && !(Text(name) && Take(':'))) return false;
      if (!Skip(depth + 1)) return false;
    } while (Take(','));
    return Take(end);
  }

  // A number, true, false or null: nobody asks which.
  bool SkipWord() {
    size_t size = 0;
    while (size < rest_.size() && IsOfWord(rest_[size])) size++;
    rest_.remove_prefix(size);
    return size > 0;
  }

  static bool IsOfWord(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == 'E';
  }

  std::string_view rest_;
};

}  // namespace

Result<JsonObject> JsonObject::Parse(ByteView text) {
  const Error invalid{Code::kKeyInvalid, "the JWK is not one JSON object of members that occur once"};
  Scanner scanner({reinterpret_cast<const char*>(text.data), text.size});
  JsonObject object;
  if (!scanner.Take('{')) return invalid;
  if (!scanner.Take('}')) {
    do {
      Member member;
      if (!scanner.Text(member.name) || object.Has(member.name) || !scanner.Take(':')) return invalid;
      if (scanner.Sees('"')) {
        std::string_view value;
        if (!scanner.Text(value)) return invalid;
        member.text = value;
      } else if (!scanner.Skip(1)) {
        return invalid;
      }
      object.members_.push_back(member);
    } while (scanner.Take(','));
    if (!scanner.Take('}')) return invalid;
  }
  if (!scanner.AtEnd()) return invalid;
  return object;
}

std::optional<std::string_view> JsonObject::Text(std::string_view name) const {
  const Member* member = Find(name);
  return member == nullptr ? std::nullopt : member->text;
}

const JsonObject::Member* JsonObject::Find(std::string_view name) const {
  for (const Member& member : members_) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

}  // namespace mortise
