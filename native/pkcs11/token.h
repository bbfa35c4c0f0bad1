// The connection to one token: its slot, the session that holds the login, and which generation of sessions and handles is good.
// It has no threads; those of the pool come here.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <unordered_map>

#include "pkcs11/capabilities.h"
#include "pkcs11/module.h"
#include "pkcs11/options.h"
#include "pkcs11/token_key.h"

namespace mortise::pkcs11 {

class Session;

struct Counters {
  Counters() : codes(ReturnCodeCount()) {}

  std::atomic<uint64_t> logins{0};
  std::atomic<uint64_t> finds{0};
  std::atomic<uint64_t> sessions_opened{0};
  std::atomic<uint64_t> retries{0};
  std::atomic<uint64_t> reinitializations{0};
  std::atomic<int64_t> sessions{0};
  std::vector<std::atomic<uint64_t>> codes;
};

class Token {
 public:
  explicit Token(Options options) : options_(std::move(options)) {}

  const Options& options() const { return options_; }
  Counters& counters() { return counters_; }
  // From the first connection on.
  const Capabilities& capabilities() const { return capabilities_; }
  // Null before it is loaded.
  Module* module() const { return loaded_; }
  bool HasPin(ByteView pin) const;

  uint64_t generation() const { return generation_; }
  // Nothing of this generation is believed any more. Of an older one that has been said before.
  void GiveUp(uint64_t generation);
  // Sessions whose numbers come from before the module was initialised again may be somebody else's by now.
  uint64_t epoch() const { return epoch_; }
  void NewEpoch() { epoch_++; }

  // Loads the module where that was not done. Called without being inside of it.
  Status Load();
  // Makes the generation usable where it is not yet: finds the token, opens the session that holds the login, and logs in. Whoever comes
  // meanwhile waits. `session` counts and remembers what the calls answer.
  Status Connect(Session& session);
  Result<CK_SESSION_HANDLE> OpenSession(Session& session);
  // For the one operation that is under way in the session, with a key that asks for the PIN each time.
  Status LogInAgain(Session& session);
  // Asks the session that holds the login for its state; nothing where a new generation begins.
  Status KeepAlive(Session& session);
  // Once no thread of the pool is left.
  void Disconnect();

  TokenKeyRef Key(KeyIdentity identity);

 private:
  Status ConnectNow(Session& session);
  Result<CK_SLOT_ID> FindSlot(Session& session);
  Status LogIn(Session& session);
  Status PresentPin(Session& session, CK_SESSION_HANDLE handle, CK_USER_TYPE user, const CK_TOKEN_INFO& token);

  const Options options_;
  Counters counters_;
  std::shared_ptr<Module> module_;
  std::atomic<Module*> loaded_{nullptr};
  Capabilities capabilities_;

  std::atomic<uint64_t> generation_{1};
  std::atomic<uint64_t> epoch_{1};
  std::mutex mutex_;
  std::condition_variable connected_;
  bool connecting_ = false;
  bool known_ = false;
  std::atomic<uint64_t> connected_generation_{0};
  CK_SLOT_ID slot_ = 0;
  bool read_only_ = false;
  // Not 0 while open; of that epoch.
  CK_SESSION_HANDLE anchor_ = 0;
  uint64_t anchor_epoch_ = 0;

  // A wrong PIN is presented by one thread.
  std::mutex pin_mutex_;

  // Keys that were asked for, the last one first.
  std::mutex keys_mutex_;
  std::list<std::pair<std::string, TokenKeyRef>> keys_;
  std::unordered_map<std::string, decltype(keys_)::iterator> keys_by_name_;
};

}  // namespace mortise::pkcs11
