#include "pkcs11/token.h"

#include "pkcs11/session.h"

namespace mortise::pkcs11 {
namespace {

constexpr size_t kRememberedKeys = 4096;

// PINs that tokens have refused, which no other pool of this process may try again. Never destroyed.
struct Refused {
  std::mutex mutex;
  std::vector<std::pair<std::string, SecureBytes>> pins;
};
Refused& RefusedPins() {
  static Refused& refused = *new Refused;
  return refused;
}

std::string NameOf(const CK_TOKEN_INFO& token) {
  return TextOf(token.manufacturerID) + '\0' + TextOf(token.model) + '\0' + TextOf(token.serialNumber);
}

bool SameBytes(ByteView a, ByteView b) { return a.size == b.size && (a.size == 0 || CRYPTO_memcmp(a.data, b.data, a.size) == 0); }

bool WasRefused(const std::string& token, ByteView pin) {
  Refused& refused = RefusedPins();
  const std::lock_guard<std::mutex> lock(refused.mutex);
  for (const auto& [name, bytes] : refused.pins) {
    if (name == token && SameBytes(bytes.view(), pin)) return true;
  }
  return false;
}

void RememberRefused(const std::string& token, ByteView pin) {
  Result<SecureBytes> copy = SecureBytes::Copy(pin);
  if (!copy.ok()) return;
  Refused& refused = RefusedPins();
  const std::lock_guard<std::mutex> lock(refused.mutex);
  refused.pins.emplace_back(token, std::move(copy).value());
}

bool HasKeypad(const CK_TOKEN_INFO& token) { return (token.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0; }

bool Fits(const std::string& wanted, const std::string& field) { return wanted.empty() || wanted == field; }

bool Fits(const Selector& selector, const CK_TOKEN_INFO& token) {
  return Fits(selector.label, TextOf(token.label)) && Fits(selector.serial, TextOf(token.serialNumber)) &&
         Fits(selector.manufacturer, TextOf(token.manufacturerID)) && Fits(selector.model, TextOf(token.model));
}

}  // namespace

bool Token::HasPin(ByteView pin) const { return SameBytes(options_.pin.view(), pin); }

void Token::GiveUp(uint64_t generation) { generation_.compare_exchange_strong(generation, generation + 1); }

Status Token::Load() {
  if (loaded_ != nullptr) return Done{};
  MORTISE_TRY(module, Module::Acquire(options_.module, options_.initialization, options_.foreign));
  const std::lock_guard<std::mutex> lock(mutex_);
  if (module_ == nullptr) {
    module_ = std::move(module);
    loaded_ = module_.get();
  } else {
    // Another thread was as fast.
    module->Release();
  }
  return Done{};
}

Status Token::Connect(Session& session) {
  if (connected_generation_ == generation_) return Done{};
  std::unique_lock<std::mutex> lock(mutex_);
  connected_.wait(lock, [this] { return !connecting_; });
  const uint64_t generation = generation_;
  if (connected_generation_ == generation) return Done{};
  connecting_ = true;
  lock.unlock();
  Status status = ConnectNow(session);
  lock.lock();
  connecting_ = false;
  if (status.ok()) connected_generation_ = generation;
  connected_.notify_all();
  return status;
}

Status Token::ConnectNow(Session& session) {
  MORTISE_TRY(slot, FindSlot(session));
  // A session that another call has logged out still holds a login.
  CK_SESSION_INFO info = {};
  const bool kept = anchor_ != 0 && anchor_epoch_ == epoch_ && slot == slot_ &&
                    session.functions().C_GetSessionInfo(anchor_, &info) == CKR_OK;
  if (!kept) {
    if (anchor_ != 0) counters_.sessions--;
    anchor_ = 0;
    slot_ = slot;
    MORTISE_TRY(opened, OpenSession(session));
    anchor_ = opened;
    anchor_epoch_ = epoch_;
  }
  MORTISE_CHECK(LogIn(session));
  if (known_) return Done{};
  capabilities_.slot = slot;
  MORTISE_CHECK(ProbeMechanisms(session, slot, capabilities_));
  // The one time that this session is used.
  Session trying(*this, anchor_);
  ProbeByTrying(trying, capabilities_);
  known_ = true;
  return Done{};
}

Result<CK_SLOT_ID> Token::FindSlot(Session& session) {
  const CK_FUNCTION_LIST& functions = session.functions();
  std::vector<CK_SLOT_ID> slots(64);
  CK_ULONG count = slots.size();
  CK_RV answer = functions.C_GetSlotList(CK_TRUE, slots.data(), &count);
  if (answer == CKR_BUFFER_TOO_SMALL && count <= 65536) {
    slots.resize(count);
    answer = functions.C_GetSlotList(CK_TRUE, slots.data(), &count);
  }
  MORTISE_CHECK(session.Check("C_GetSlotList", answer));
  slots.resize(std::min<size_t>(count, slots.size()));
  size_t found = 0;
  CK_SLOT_ID slot = 0;
  CK_TOKEN_INFO fitting = {};
  std::string there;
  for (const CK_SLOT_ID one : slots) {
    CK_TOKEN_INFO token = {};
    if (functions.C_GetTokenInfo(one, &token) != CKR_OK) continue;
    there += (there.empty() ? "" : ", ") + TextOf(token.label) + " (" + TextOf(token.serialNumber) + ")";
    if (!Fits(options_.selector, token)) continue;
    found++;
    slot = one;
    fitting = token;
  }
  if (found != 1) {
    return Error{Code::kHsmTokenNotFound, std::string(found == 0 ? "no token fits" : "more than one token fits") +
                                              "; there are: " + (there.empty() ? "none" : there)};
  }
  if (!known_) capabilities_.token = fitting;
  return slot;
}

Result<CK_SESSION_HANDLE> Token::OpenSession(Session& session) {
  const CK_FUNCTION_LIST& functions = session.functions();
  CK_SESSION_HANDLE opened = 0;
  const CK_FLAGS flags = CKF_SERIAL_SESSION | (read_only_ ? 0 : CKF_RW_SESSION);
  CK_RV answer = functions.C_OpenSession(slot_, flags, nullptr, nullptr, &opened);
  if (answer == CKR_TOKEN_WRITE_PROTECTED && !read_only_) {
    read_only_ = true;
    answer = functions.C_OpenSession(slot_, CKF_SERIAL_SESSION, nullptr, nullptr, &opened);
  }
  MORTISE_CHECK(session.Check("C_OpenSession", answer));
  counters_.sessions_opened++;
  counters_.sessions++;
  return opened;
}

Status Token::LogIn(Session& session) {
  const CK_FUNCTION_LIST& functions = session.functions();
  CK_TOKEN_INFO token = {};
  MORTISE_CHECK(session.Check("C_GetTokenInfo", functions.C_GetTokenInfo(slot_, &token)));
  if ((token.flags & CKF_LOGIN_REQUIRED) == 0 || (options_.pin.size() == 0 && !HasKeypad(token))) return Done{};
  return PresentPin(session, anchor_, CKU_USER, token);
}

Status Token::LogInAgain(Session& session) {
  if (options_.pin.size() == 0 && !HasKeypad(capabilities_.token)) {
    return Error{Code::kHsmRefused, "the key is used with the PIN each time, and the token was opened without it"};
  }
  return PresentPin(session, session.handle(), CKU_CONTEXT_SPECIFIC, capabilities_.token);
}

Status Token::PresentPin(Session& session, CK_SESSION_HANDLE handle, CK_USER_TYPE user, const CK_TOKEN_INFO& token) {
  const ByteView pin = options_.pin.view();
  const std::string name = NameOf(token);
  const std::lock_guard<std::mutex> lock(pin_mutex_);
  if (WasRefused(name, pin)) {
    return Error{Code::kHsmLoginRefused, "the token has refused this PIN before: it is not tried again"};
  }
  counters_.logins++;
  const CK_RV answer = session.functions().C_Login(
      handle, user, pin.size == 0 ? nullptr : const_cast<CK_UTF8CHAR*>(pin.data), pin.size);
  if (ReturnCodeOf(answer).action == Action::kRefused) RememberRefused(name, pin);
  return session.Check("C_Login", answer);
}

Status Token::KeepAlive(Session& session) {
  CK_SESSION_HANDLE anchor = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (connecting_ || connected_generation_ != generation_) return Done{};
    anchor = anchor_;
  }
  CK_SESSION_INFO info = {};
  return session.Check("C_GetSessionInfo", session.functions().C_GetSessionInfo(anchor, &info));
}

void Token::Disconnect() {
  if (module_ == nullptr) return;
  if (anchor_ != 0 && anchor_epoch_ == epoch_) {
    module_->Enter();
    module_->functions().C_CloseSession(anchor_);
    module_->Leave();
    counters_.sessions--;
  }
  anchor_ = 0;
  module_->Release();
}

TokenKeyRef Token::Key(KeyIdentity identity) {
  std::string name(1, static_cast<char>(identity.kind));
  name += static_cast<char>(identity.type);
  for (const std::vector<uint8_t>* const part : {&identity.id, &identity.public_key, &identity.check_value}) {
    name += std::to_string(part->size()) + ':';
    name.append(part->begin(), part->end());
  }
  const std::lock_guard<std::mutex> lock(keys_mutex_);
  const auto known = keys_by_name_.find(name);
  if (known != keys_by_name_.end()) {
    keys_.splice(keys_.begin(), keys_, known->second);
    return known->second->second;
  }
  const auto made = std::make_shared<TokenKey>(std::move(identity));
  keys_.emplace_front(name, made);
  keys_by_name_.emplace(std::move(name), keys_.begin());
  if (keys_.size() > kRememberedKeys) {
    keys_by_name_.erase(keys_.back().first);
    keys_.pop_back();
  }
  return made;
}

}  // namespace mortise::pkcs11
