// Hashes, and MACs with a key at hand.
#include "mac/batch.h"
#include "node_args.h"
#include "node_parts.h"

namespace mortise::node {
namespace {

Napi::Value HashData(const Napi::CallbackInfo& info) {
  return ToBuffer(info.Env(), Take(info.Env(), Digest(HashArg(info, 0), BytesArg(info, 1, "data"))));
}

Napi::Value HmacData(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  return ToBuffer(info.Env(), Take(info.Env(), Hmac(*key, HashArg(info, 1), BytesArg(info, 2, "data"))));
}

Napi::Value CmacData(const Napi::CallbackInfo& info) {
  const KeyRef key = KeyArg(info, 0, "key");
  return ToBuffer(info.Env(), Take(info.Env(), Cmac(*key, BytesArg(info, 1, "data"))));
}

// (hash, arena, offsets, lengths, out)
MessageBatch BatchToHash(const Napi::CallbackInfo& info, Hash hash) {
  const ByteView arena = BytesArg(info, 1, "arena");
  const ByteSpan out = BytesArg(info, 4, "out");
  return Take(info.Env(), MessageBatch::ToMake(arena, SlicesArg(info, 2), out, HashSize(hash)));
}

Napi::Value HashBatch(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Hash hash = HashArg(info, 0);
  MessageBatch batch = BatchToHash(info, hash);
  Hasher hasher = Take(env, Hasher::Make(hash));
  Demand(env, batch.Digest(hasher, 0, batch.count()));
  return Napi::Number::New(env, static_cast<double>(batch.written()));
}

Napi::Value HashBatchAsync(const Napi::CallbackInfo& info) {
  const Hash hash = HashArg(info, 0);
  const auto batch = std::make_shared<MessageBatch>(BatchToHash(info, hash));
  const auto work = [batch, hash](size_t, size_t from, size_t to) -> Status {
    MORTISE_TRY(hasher, Hasher::Make(hash));
    return batch->Digest(hasher, from, to);
  };
  return PartsJob::Run(info, batch->count(), PartsForMessages(batch->bytes(), batch->count()), work, batch->written());
}

}  // namespace

void ExportMac(Napi::Object exports) {
  Export<HashData>(exports, "hash");
  Export<HashBatch>(exports, "hashBatch");
  Export<HashBatchAsync>(exports, "hashBatchAsync");
  Export<HmacData>(exports, "hmac");
  Export<CmacData>(exports, "cmac");
}

}  // namespace mortise::node
