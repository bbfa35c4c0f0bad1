// As much of JSON (RFC 8259) as a JWK needs: one object, whose members of text are wanted and whose others are passed by.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"

namespace mortise {

class JsonObject {
 public:
  // Refuses members that come twice, escapes in names and texts, and nesting of more than 8 levels. The members point
  // into the text.
  static Result<JsonObject> Parse(ByteView text);

  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  // Nothing where there is no such member, or it is no text.
  std::optional<std::string_view> Text(std::string_view name) const;

 private:
  struct Member {
    std::string_view name;
    std::optional<std::string_view> text;
  };
  const Member* Find(std::string_view name) const;

  std::vector<Member> members_;
};

}  // namespace mortise
