// A lease whose key stands in a context, expanded and ready for use.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "keys/key.h"
#include "lease/lease.h"

namespace mortise {

template <typename Context>
class ContextLease : public Lease {
 public:
  // Counts the uses now, for work that runs elsewhere and that an end does not interrupt: one context for each part of it.
  Result<std::vector<Context>> ContextsFor(size_t uses, size_t parts) {
    return Use(uses, [&]() -> Result<std::vector<Context>> {
      std::vector<Context> contexts;
      while (contexts.size() < parts) {
        MORTISE_TRY(context, make_(*key_));
        contexts.push_back(std::move(context));
      }
      return contexts;
    });
  }

 protected:
  using Make = std::function<Result<Context>(const Key&)>;

  ContextLease(KeyRef key, Context context, Make make, LeaseBinding binding)
      : Lease(std::move(binding)), key_(std::move(key)), context_(std::move(context)), make_(std::move(make)) {}
  // There within Use.
  Context& context() { return *context_; }

 private:
  void DropKey() final {
    context_.reset();
    key_.reset();
  }

  KeyRef key_;
  std::optional<Context> context_;
  const Make make_;
};

}  // namespace mortise
