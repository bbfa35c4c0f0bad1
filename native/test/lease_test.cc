#include <thread>

#include "check.h"
#include "keys/asymmetric.h"
#include "keys/secret.h"
#include "lease/cipher_lease.h"
#include "lease/mac_lease.h"
#include "lease/registry.h"
#include "lease/signer_lease.h"

namespace mortise {
namespace {

LeaseBinding Binding(uint32_t manager, const char* object) {
  return {manager, "store", object, "principal", 1, 1000000000, 60000, 3600000};
}

std::unique_ptr<CipherLease> NewLease(const KeyRef& key, uint32_t manager, const char* object) {
  Result<std::unique_ptr<CipherLease>> lease = CipherLease::Open(key, {true, true}, Binding(manager, object));
  CHECK(lease.ok());
  return std::move(lease).value();
}

}  // namespace

// Threads that seal under leases of their own while others open, end and renew them all.
void TestLeases() {
  Result<KeyRef> key = GenerateSecret(KeyType::kAes, 256);
  CHECK(key.ok());
  const uint32_t manager = NewManager();
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> sealed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; i++) {
    threads.emplace_back([&] {
      while (!stop) {
        const auto lease = NewLease(key.value(), manager, "object");
        uint8_t record[64];
        while (!stop && lease->Seal({record, 8}, {}, {record, sizeof record}).ok()) sealed++;
        CHECK(stop || lease->ended());
      }
    });
  }
  threads.emplace_back([&] {
    while (!stop) RenewLeases(manager, 60000);
  });
  const std::string object = "object";
  while (sealed < 2000) EndLeases("store", &object, nullptr);
  stop = true;
  for (std::thread& thread : threads) thread.join();

  const auto overdue = NewLease(key.value(), manager, "other");
  overdue->Renew(0);
  uint8_t record[64];
  Status status = overdue->Seal({record, 8}, {}, {record, sizeof record});
  CHECK(!status.ok() && status.error().code == Code::kLeaseEnded);
  overdue->Renew(60000);
  CHECK(overdue->ended());
}

// The parts of a batch of MACs side by side, each with a context of its own, while the lease is ended.
void TestMacLeases() {
  constexpr size_t kParts = 4;
  constexpr size_t kMessages = 256;
  Result<KeyRef> key = GenerateSecret(KeyType::kHmac, 256);
  CHECK(key.ok());
  const std::vector<uint8_t> arena(kMessages, 0x5a);
  std::vector<uint32_t> offsets, lengths;
  for (uint32_t i = 0; i < kMessages; i++) {
    offsets.push_back(i / 2);
    lengths.push_back(i / 2);
  }
  const Slices slices = {offsets.data(), lengths.data(), kMessages};
  for (int n = 0; n < 30; n++) {
    const uint32_t manager = NewManager();
    Result<std::unique_ptr<MacLease>> opened =
        MacLease::Open(key.value(), Hash::kSha256, {true, true}, Binding(manager, "mac"));
    CHECK(opened.ok());
    MacLease& lease = *opened.value();
    std::vector<uint8_t> macs(kMessages * lease.size());
    std::vector<uint8_t> status(kMessages);
    Result<MessageBatch> making = lease.ToGenerate(arena, slices, {macs.data(), macs.size()});
    Result<MessageBatch> verifying = lease.ToVerify(arena, slices, macs, {status.data(), status.size()});
    Result<std::vector<Mac>> contexts = lease.ContextsFor(kMessages, kParts);
    CHECK(making.ok() && verifying.ok() && contexts.ok());
    std::vector<std::thread> threads;
    for (size_t part = 0; part < kParts; part++) {
      threads.emplace_back([&, part] {
        const size_t from = part * kMessages / kParts;
        const size_t to = (part + 1) * kMessages / kParts;
        CHECK(making.value().Generate(contexts.value()[part], from, to).ok());
        CHECK(verifying.value().Verify(contexts.value()[part], from, to).ok());
      });
    }
    const std::string object = "mac";
    EndLeases("store", &object, nullptr);
    for (std::thread& thread : threads) thread.join();
    for (const uint8_t one : status) CHECK(one == 1);
    const Status late = lease.GenerateBatch(making.value());
    CHECK(!late.ok() && late.error().code == Code::kLeaseEnded);
  }
}

// Threads that use one private key, whose expanded form comes and goes.
void TestSharedKeys() {
  Result<KeyPair> pair = GenerateEc(Curve::kP256);
  CHECK(pair.ok());
  const KeyRef key = pair.value().private_key;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; i++) {
    threads.emplace_back([&key] {
      for (int n = 0; n < 30; n++) {
        Result<std::unique_ptr<SignerLease>> lease =
            SignerLease::Open(key, *FindScheme("ES256"), {}, Binding(NewManager(), "signer"));
        CHECK(lease.ok());
        const std::vector<uint8_t> message(100, static_cast<uint8_t>(n));
        const size_t largest = lease.value()->largest();
        std::vector<uint8_t> out(2 * largest);
        uint32_t lengths[2];
        CHECK(lease.value()->Sign({message, message}, out.data(), lengths).ok());
        Result<bool> verified =
            Verify(*key, *FindScheme("ES256"), {}, message, {out.data() + largest, lengths[1]});
        CHECK(verified.ok() && verified.value());
        Result<std::unique_ptr<VerifierLease>> verifier =
            VerifierLease::Open(key, *FindScheme("ES256"), {}, Binding(NewManager(), "verifier"));
        CHECK(verifier.ok());
        uint8_t status[2];
        const ByteView first(out.data(), lengths[0]);
        CHECK(verifier.value()->Verify({message, message}, {first, {}}, status).ok());
        CHECK(status[0] == 1 && status[1] == 0);
        CHECK(GenerateOnCurve(KeyType::kEd25519).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace mortise
