// Hashes, and MACs with a key at hand.
#include "common/arena.h"
#include "mac/batch.h"
#include "node_args.h"
#include "node_parts.h"

namespace mortise::node {
namespace {

Napi::Value HashData(const Napi::CallbackInfo& info) {
  return ToBuffer(info.Env(), Take(info.Env(), Digest(HashArg(info, 0), BytesArg(info, 1, "data"))));
}

Napi::Value MacOf(const Napi::CallbackInfo& info, std::optional<Hash> hash, ByteView data) {
  Mac mac = Take(info.Env(), Mac::Make(*KeyArg(info, 0, "key"), hash));
  uint8_t out[EVP_MAX_MD_SIZE];
  Demand(info.Env(), mac.Generate(data, out));
  return ToBuffer(info.Env(), {out, mac.size()});
}

Napi::Value HmacData(const Napi::CallbackInfo& info) {
  return MacOf(info, HashArg(info, 1), BytesArg(info, 2, "data"));
}

// What is verified is what a store has kept, by a few keys again and again.
Napi::Value VerifyHmac(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  const Hash hash = HashArg(info, 1);
  const auto make = [&] { return InArena([&] { return Mac::Make(*key, hash); }); };
  Mac* mac = Take(info.Env(), AddonOf(info.Env()).contexts->macs.For(*key, make, hash));
  const ByteView data = BytesArg(info, 2, "data");
  return Napi::Boolean::New(info.Env(), Take(info.Env(), mac->Verify(data, BytesArg(info, 3, "mac"))));
}

Napi::Value CmacData(const Napi::CallbackInfo& info) {
  return MacOf(info, std::nullopt, BytesArg(info, 1, "data"));
}

// (hash, arena, offsets, lengths, out)
struct HashArgs {
  explicit HashArgs(const Napi::CallbackInfo& info)
      : hash(HashArg(info, 0)), arena(BytesArg(info, 1, "arena")), slices(SlicesArg(info, 2)), out(BytesArg(info, 4, "out")) {}
  Result<MessageBatch> Batch() const { return MessageBatch::ToMake(arena, slices, out, HashSize(hash)); }

  Hash hash;
  ByteView arena;
  Slices slices;
  ByteSpan out;
};

Napi::Value HashBatch(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const HashArgs args(info);
  MessageBatch batch = Take(env, args.Batch());
  Hasher hasher = Take(env, Hasher::Make(args.hash));
  Demand(env, batch.Digest(hasher, 0, batch.count()));
  return Napi::Number::New(env, static_cast<double>(batch.written()));
}

Napi::Value HashBatchAsync(const Napi::CallbackInfo& info) {
  const HashArgs args(info);
  const auto planning = [args]() -> Result<Plan> {
    MORTISE_TRY(made, args.Batch());
    // Shared, because a function must be copyable.
    const auto batch = std::make_shared<MessageBatch>(std::move(made));
    const auto work = [batch, hash = args.hash](size_t, size_t from, size_t to) -> Status {
      MORTISE_TRY(hasher, Hasher::Make(hash));
      return batch->Digest(hasher, from, to);
    };
    return Plan{batch->count(), PartsForMessages(batch->bytes(), batch->count()), work, batch->written()};
  };
  return RunPlanned(info, args.slices.count, planning);
}

}  // namespace

void ExportMac(Napi::Object exports) {
  Export<HashData>(exports, "hash");
  Export<HashBatch>(exports, "hashBatch");
  Export<HashBatchAsync>(exports, "hashBatchAsync");
  Export<HmacData>(exports, "hmac");
  Export<VerifyHmac>(exports, "hmacVerify");
  Export<CmacData>(exports, "cmac");
}

}  // namespace mortise::node
