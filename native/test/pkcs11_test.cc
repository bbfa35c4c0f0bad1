#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "check.h"
#include "pkcs11/pool.h"
#include "pkcs11/sign.h"

namespace mortise {
namespace {

using pkcs11::JobKind;
using pkcs11::Pool;
using pkcs11::Session;
using pkcs11::State;

// Settled on any thread, awaited on this one.
class Outcome {
 public:
  pkcs11::Settle Settler() {
    return [this](Status status) {
      const std::lock_guard<std::mutex> lock(mutex_);
      status_ = std::move(status);
      settled_.notify_all();
    };
  }
  Status Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    settled_.wait(lock, [this] { return status_.has_value(); });
    return *status_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable settled_;
  std::optional<Status> status_;
};

std::shared_ptr<Pool> OpenFake(size_t threads, int deadline) {
  pkcs11::Options options;
  options.module = MORTISE_FAKE_MODULE;
  options.selector.label = "fake";
  options.policy.threads = threads;
  options.policy.deadline = pkcs11::Milliseconds(deadline);
  Outcome opened;
  Result<std::shared_ptr<Pool>> pool = Pool::Join(std::move(options), opened.Settler());
  CHECK(pool.ok() && opened.Wait().ok());
  return pool.value();
}

void LeaveAndWait(const std::shared_ptr<Pool>& pool) {
  Outcome closed;
  pool->Leave([settle = closed.Settler()] { settle(Done{}); });
  CHECK(closed.Wait().ok());
}

pkcs11::TokenKeyRef KeyOf(Pool& pool, uint8_t number) {
  return pool.Key({{number}, KeyKind::kSecret, KeyType::kHmac, {}, {number, number, number}});
}

// Whether a MAC was made; none is ever made with another key.
Status MacWith(Pool& pool, uint8_t number) {
  const pkcs11::TokenKeyRef key = KeyOf(pool, number);
  const auto made = std::make_shared<std::vector<uint8_t>>();
  Outcome outcome;
  pool.Run(
      JobKind::kUse, 1,
      [key, made](Session& session) -> Status {
        MORTISE_TRY(mac, pkcs11::Mac(session, *key, Hash::kSha256, ByteView(std::string_view("x"))));
        *made = std::move(mac);
        return Done{};
      },
      outcome.Settler());
  Status status = outcome.Wait();
  if (status.ok()) CHECK(*made == std::vector<uint8_t>(32, number));
  return status;
}

void AwaitState(Pool& pool, State state) {
  while (pool.status().state != state) std::this_thread::sleep_for(pkcs11::Milliseconds(1));
}

}  // namespace

// Threads that use two keys while the token forgets its sessions, renumbers its objects, fails and hangs.
void TestPkcs11() {
  void* const module = dlopen(MORTISE_FAKE_MODULE, RTLD_NOW);
  CHECK(module != nullptr);
  auto& failure = *static_cast<std::atomic<CK_RV>*>(dlsym(module, "fake_failure"));
  auto& every = *static_cast<std::atomic<unsigned>*>(dlsym(module, "fake_every"));
  auto& hangs = *static_cast<std::atomic<bool>*>(dlsym(module, "fake_hangs"));
  auto& epoch = *static_cast<std::atomic<unsigned>*>(dlsym(module, "fake_epoch"));
  const std::shared_ptr<Pool> pool = OpenFake(3, 100);

  std::atomic<bool> stop{false};
  std::atomic<size_t> made{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) {
    threads.emplace_back([&] {
      for (uint8_t n = 0; !stop; n++) {
        if (MacWith(*pool, n % 2 + 1).ok()) {
          made++;
        } else {
          std::this_thread::sleep_for(pkcs11::Milliseconds(1));
        }
      }
    });
  }
  for (const CK_RV code : {pkcs11::CKR_SESSION_HANDLE_INVALID, pkcs11::CKR_KEY_HANDLE_INVALID, pkcs11::CKR_OPERATION_ACTIVE,
                           pkcs11::CKR_GENERAL_ERROR, pkcs11::CKR_CRYPTOKI_NOT_INITIALIZED, pkcs11::CKR_DEVICE_ERROR}) {
    failure = code;
    every = 50;
    const size_t begin = made;
    while (made < begin + 300) {
      std::this_thread::sleep_for(pkcs11::Milliseconds(2));
      epoch++;
      // Each failure of the device is waited for longer.
      if (code == pkcs11::CKR_DEVICE_ERROR) every = 0;
    }
    every = 0;
  }
  hangs = true;
  AwaitState(*pool, State::kPoisoned);
  CHECK(pool->status().stuck >= 3);
  hangs = false;
  AwaitState(*pool, State::kReady);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(MacWith(*pool, 1).ok());

  // Nothing of the pool is in a forked child, and it says so.
  const pid_t child = fork();
  if (child == 0) {
    bool refused = false;
    pool->Run(
        JobKind::kUse, 0, [](Session&) { return Status(Done{}); },
        [&](Status status) { refused = !status.ok() && status.error().code == Code::kHsmUnavailable; });
    _exit(refused ? 0 : 1);
  }
  int status = 1;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);

  // Who joins later has the same; the last one that leaves closes it.
  const std::shared_ptr<Pool> same = OpenFake(3, 100);
  CHECK(same == pool);
  LeaveAndWait(same);
  CHECK(MacWith(*pool, 2).ok());
  LeaveAndWait(pool);
  CHECK(pool->status().state == State::kClosed && pool->status().sessions == 0);
  const Status late = MacWith(*pool, 1);
  CHECK(!late.ok() && late.error().code == Code::kClosed);
}

}  // namespace mortise
