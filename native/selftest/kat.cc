#include "selftest/kat.h"

#include <array>
#include <chrono>
#include <mutex>

#include "common/ossl.h"
#include "selftest/known_answers.h"

namespace mortise {
namespace {

// Two draws differ (a health check; the generator's own tests are OpenSSL's).
bool Drbg(Vectors& v) {
  std::array<uint8_t, 32> first = {};
  std::array<uint8_t, 32> second = {};
  if (!Random({first.data(), first.size()}).ok() || !Random({second.data(), second.size()}).ok()) return false;
  // There is nothing known but that: where it is altered the generator counts as stuck.
  if (!Same(v.Hex("00"), Octets{0})) second = first;
  return first != second;
}

const std::vector<KnownAnswer>& KnownAnswers() {
  static const auto& all = *new std::vector<KnownAnswer>([] {
    std::vector<KnownAnswer> list;
    for (const auto& part : {HashAnswers(), CipherAnswers(), AsymmetricAnswers()}) {
      list.insert(list.end(), part.begin(), part.end());
    }
    list.push_back({"DRBG", Drbg});
    return list;
  }());
  return all;
}

std::mutex broken_mutex;
const KnownAnswer* broken = nullptr;
size_t broken_vector = Vectors::kNone;

Vectors VectorsOf(const KnownAnswer& test) {
  const std::lock_guard<std::mutex> hold(broken_mutex);
  return Vectors(&test == broken ? broken_vector : Vectors::kNone);
}

}  // namespace

std::vector<SelfTestResult> RunSelfTests() {
  using Clock = std::chrono::steady_clock;
  std::vector<SelfTestResult> results;
  for (const KnownAnswer& test : KnownAnswers()) {
    Vectors vectors = VectorsOf(test);
    const Clock::time_point start = Clock::now();
    const bool passed = test.holds(vectors);
    const std::chrono::duration<double, std::micro> took = Clock::now() - start;
    if (!passed) EnterErrorState();
    results.push_back({test.name, passed, took.count(), vectors.count()});
  }
  return results;
}

void RunSelfTestsOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    const ErrorQueueGuard guard;
    RunSelfTests();
  });
}

bool BreakSelfTest(std::string_view name, size_t vector) {
  for (const KnownAnswer& test : KnownAnswers()) {
    if (name != test.name) continue;
    Vectors vectors(Vectors::kNone);
    if (!test.holds(vectors) || vector >= vectors.count()) return false;
    const std::lock_guard<std::mutex> hold(broken_mutex);
    broken = &test;
    broken_vector = vector;
    return true;
  }
  return false;
}

}  // namespace mortise
