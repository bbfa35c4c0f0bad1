// Templates of attributes, to give and to read.
#pragma once

#include <deque>
#include <initializer_list>
#include <optional>

#include "pkcs11/session.h"

namespace mortise::pkcs11 {

// Attributes to give. Bytes are not copied: they outlive it.
class Template {
 public:
  Template& Flag(CK_ATTRIBUTE_TYPE type, bool value) {
    flags_.push_back(value ? CK_TRUE : CK_FALSE);
    return Add(type, &flags_.back(), sizeof(CK_BBOOL));
  }
  Template& Number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
    numbers_.push_back(value);
    return Add(type, &numbers_.back(), sizeof(CK_ULONG));
  }
  Template& Bytes(CK_ATTRIBUTE_TYPE type, ByteView value) { return Add(type, const_cast<uint8_t*>(value.data), value.size); }
  Template& Text(CK_ATTRIBUTE_TYPE type, const std::string& value) { return Bytes(type, ByteView(std::string_view(value))); }

  CK_ATTRIBUTE* data() { return attributes_.data(); }
  CK_ULONG size() const { return attributes_.size(); }

 private:
  Template& Add(CK_ATTRIBUTE_TYPE type, void* value, size_t size) {
    attributes_.push_back({type, value, size});
    return *this;
  }

  std::vector<CK_ATTRIBUTE> attributes_;
  // Which move nothing when they grow.
  std::deque<CK_BBOOL> flags_;
  std::deque<CK_ULONG> numbers_;
};

struct Wanted {
  CK_ATTRIBUTE_TYPE type;
  // Bytes at most.
  size_t size;
};

// Attributes of an object, those that it has, may show, and that are no longer than was expected.
class Attributes {
 public:
  static Result<Attributes> Read(Session& session, CK_OBJECT_HANDLE object, std::initializer_list<Wanted> wanted);

  std::optional<ByteView> Find(CK_ATTRIBUTE_TYPE type) const;
  // Empty where it is absent.
  std::vector<uint8_t> Bytes(CK_ATTRIBUTE_TYPE type) const;
  std::optional<CK_ULONG> Number(CK_ATTRIBUTE_TYPE type) const;
  Claim Flag(CK_ATTRIBUTE_TYPE type) const;

 private:
  std::vector<uint8_t> room_;
  std::vector<CK_ATTRIBUTE> read_;
};

}  // namespace mortise::pkcs11
