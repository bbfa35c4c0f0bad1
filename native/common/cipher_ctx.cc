#include "common/cipher_ctx.h"

#include <array>
#include <mutex>
#include <unordered_map>

#include "common/arena.h"

namespace mortise {
namespace {

// Going to the arena costs as much as a hundred small records.
constexpr size_t kAtOnce = 32;

CipherCtxPtr Make(EVP_CIPHER* cipher) {
  CipherCtxPtr ctx(EVP_CIPHER_CTX_new());
  if (ctx == nullptr) return nullptr;
  EVP_CIPHER_CTX_set_flags(ctx.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  if (EVP_EncryptInit_ex2(ctx.get(), cipher, nullptr, nullptr, nullptr) != 1) return nullptr;
  KeepInArena(ctx.get());
  return ctx;
}

using Stock = std::vector<CipherCtxPtr>;

// Those that stand ready of each cipher.
struct Stocks {
  std::mutex mutex;
  std::unordered_map<EVP_CIPHER*, Stock> by_cipher;
};

Stocks& TheStocks() {
  // Never destroyed: threads may still seal while the process exits.
  static Stocks& stocks = *new Stocks;
  return stocks;
}

}  // namespace

CipherCtxPtr NewCipherCtx(EVP_CIPHER* cipher) {
  if (cipher == nullptr) return nullptr;
  Stocks& stocks = TheStocks();
  std::unique_lock<std::mutex> lock(stocks.mutex);
  Stock* stock = &stocks.by_cipher[cipher];
  if (stock->empty()) {
    lock.unlock();
    std::array<CipherCtxPtr, kAtOnce> made;
    InArena([&] {
      for (CipherCtxPtr& ctx : made) ctx = Make(cipher);
      return Done{};
    });
    lock.lock();
    for (CipherCtxPtr& ctx : made) stock->push_back(std::move(ctx));
  }
  CipherCtxPtr ctx = std::move(stock->back());
  stock->pop_back();
  return ctx;
}

}  // namespace mortise
