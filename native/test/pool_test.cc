#include "pool/pool.h"

#include <condition_variable>
#include <mutex>

#include "aead/batch.h"
#include "check.h"
#include "keys/secret.h"

namespace mortise {
namespace {

constexpr size_t kParts = 4;
constexpr size_t kRecords = 64;

// Waits until it was counted down to nothing.
class Countdown {
 public:
  explicit Countdown(size_t from) : left_(from) {}
  void Count() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (--left_ == 0) zero_.notify_all();
  }
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    zero_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  size_t left_;
};

}  // namespace

// Parts of one batch are sealed side by side, and then opened side by side.
void TestPool() {
  Result<KeyRef> key = GenerateSecret(KeyType::kAes, 256);
  CHECK(key.ok());
  std::vector<RecordCipher> ciphers;
  while (ciphers.size() < kParts) ciphers.push_back(RecordCipher::Make(*key.value()).value());
  const size_t overhead = ciphers[0].overhead();
  std::vector<uint8_t> text(kRecords * 100, 0x5a);
  std::vector<uint8_t> sealed(kRecords * (100 + overhead));
  std::vector<uint32_t> offsets, lengths(kRecords, 100), sealed_offsets;
  for (uint32_t i = 0; i < kRecords; i++) {
    offsets.push_back(i * 100);
    sealed_offsets.push_back(static_cast<uint32_t>(i * (100 + overhead)));
  }
  const std::vector<uint32_t> sealed_lengths(kRecords, static_cast<uint32_t>(100 + overhead));

  Result<Batch> sealing = Batch::ToSeal({text.data(), text.size()}, {offsets.data(), lengths.data(), kRecords}, {},
                                        {sealed.data(), sealed.size()}, overhead);
  CHECK(sealing.ok());
  Countdown seals(kParts);
  for (size_t part = 0; part < kParts; part++) {
    RunOnPool([&, part] {
      CHECK(sealing.value().Seal(ciphers[part], 1, part * kRecords / kParts, (part + 1) * kRecords / kParts).ok());
      seals.Count();
    });
  }
  seals.Wait();

  std::vector<uint8_t> opened(text.size());
  std::vector<uint8_t> status(kRecords);
  Result<Batch> opening = Batch::ToOpen({sealed.data(), sealed.size()},
                                        {sealed_offsets.data(), sealed_lengths.data(), kRecords}, {},
                                        {opened.data(), opened.size()}, {status.data(), status.size()}, overhead);
  CHECK(opening.ok());
  Countdown opens(kParts);
  for (size_t part = 0; part < kParts; part++) {
    RunOnPool([&, part] {
      opening.value().Open(ciphers[part], 1, part * kRecords / kParts, (part + 1) * kRecords / kParts);
      opens.Count();
    });
  }
  opens.Wait();
  CHECK(opened == text);
  for (const uint8_t one : status) CHECK(one == 1);
}

}  // namespace mortise
