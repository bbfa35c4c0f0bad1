#include "pkcs11/attributes.h"

#include <cstring>

namespace mortise::pkcs11 {

Result<Attributes> Attributes::Read(Session& session, CK_OBJECT_HANDLE object, std::initializer_list<Wanted> wanted) {
  Attributes attributes;
  size_t room = 0;
  for (const Wanted& one : wanted) room += one.size;
  attributes.room_.resize(room);
  uint8_t* at = attributes.room_.data();
  for (const auto& [type, size] : wanted) {
    attributes.read_.push_back({type, at, size});
    at += size;
  }
  const CK_RV answer = session.functions().C_GetAttributeValue(session.handle(), object, attributes.read_.data(),
                                                                attributes.read_.size());
  // Of these the specification says that all the others have been read (5.7.5).
  if (answer == CKR_ATTRIBUTE_SENSITIVE || answer == CKR_ATTRIBUTE_TYPE_INVALID || answer == CKR_BUFFER_TOO_SMALL) {
    return attributes;
  }
  MORTISE_CHECK(session.Check("C_GetAttributeValue", answer));
  return attributes;
}

std::optional<ByteView> Attributes::Find(CK_ATTRIBUTE_TYPE type) const {
  for (const CK_ATTRIBUTE& one : read_) {
    const auto value = static_cast<const uint8_t*>(one.pValue);
    if (one.type == type && one.ulValueLen <= static_cast<size_t>(room_.data() + room_.size() - value)) {
      return ByteView(value, one.ulValueLen);
    }
  }
  return std::nullopt;
}

std::vector<uint8_t> Attributes::Bytes(CK_ATTRIBUTE_TYPE type) const {
  const ByteView found = Find(type).value_or(ByteView());
  return {found.data, found.data + found.size};
}

std::optional<CK_ULONG> Attributes::Number(CK_ATTRIBUTE_TYPE type) const {
  const std::optional<ByteView> found = Find(type);
  CK_ULONG number = 0;
  if (!found || found->size != sizeof number) return std::nullopt;
  memcpy(&number, found->data, sizeof number);
  return number;
}

Claim Attributes::Flag(CK_ATTRIBUTE_TYPE type) const {
  const std::optional<ByteView> found = Find(type);
  if (!found || found->size != sizeof(CK_BBOOL)) return Claim::kAbsent;
  return found->data[0] == CK_FALSE ? Claim::kFalse : Claim::kTrue;
}

}  // namespace mortise::pkcs11
