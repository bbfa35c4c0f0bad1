#include <cstring>
#include <string>
#include <vector>

#include "check.h"
#include "ttlv/encode.h"

namespace mortise {
namespace {

using ttlv::Fault;
using ttlv::Node;

constexpr ttlv::Limits kLenient = {1 << 20, false};
constexpr ttlv::Limits kStrict = {1 << 20, true};

// A list of commands, with the room behind it that the encoder may read.
class List {
 public:
  List& Begin(uint32_t tag) { return Add({tag << 8 | 1}); }
  List& End() { return Add({0}); }
  List& Integer(uint32_t tag, uint32_t value) { return Add({tag << 8 | 2, value}); }
  List& Texts(const std::string& texts) {
    texts_ += texts;
    return *this;
  }
  List& Text(uint32_t tag, const std::string& value) {
    return Texts(value).Add({tag << 8 | 7, static_cast<uint32_t>(value.size())});
  }
  List& Add(std::initializer_list<uint32_t> words) {
    words_.insert(words_.end(), words);
    return *this;
  }

  ttlv::Encoded Encode(std::vector<uint8_t>& out) const { return Encode(out, texts_.size()); }
  ttlv::Encoded Encode(std::vector<uint8_t>& out, size_t units) const {
    std::vector<uint32_t> words = words_;
    words.resize(words.size() + ttlv::kSlack / sizeof(uint32_t));
    std::vector<uint8_t> texts(texts_.begin(), texts_.end());
    texts.resize(texts.size() + ttlv::kSlack);
    return ttlv::Encode({words.data(), words_.size()}, {texts.data(), texts_.size()}, units, {out.data(), out.size()});
  }

 private:
  std::vector<uint32_t> words_;
  std::string texts_;
};

std::vector<uint8_t> Message(const List& list) {
  std::vector<uint8_t> out(1 << 16);
  const ttlv::Encoded encoded = list.Encode(out);
  CHECK(encoded.result == ttlv::Encoding::kDone);
  out.resize(encoded.size);
  return out;
}

Fault FaultOf(const std::vector<uint8_t>& bytes, ttlv::Limits limits = kLenient) {
  std::vector<Node> tape(4096);
  return ttlv::Decode(bytes, 0, limits, tape.data(), 0, 4096).fault;
}

}  // namespace

void TestTtlv() {
  const std::vector<uint8_t> message = Message(List()
                                                   .Begin(0x420078)
                                                   .Begin(0x420077)
                                                   .Integer(0x42000d, 1)
                                                   .End()
                                                   .Text(0x420055, "sixteen letters!")
                                                   .Text(0x420055, "")
                                                   .Add({0x42004308, 5, 0x04030201, 0x05})
                                                   .Add({0x42009209, 0xffffffff, 0xfffffffe})
                                                   .End());
  std::vector<Node> tape(16);
  // Behind others on the same tape, of bytes that begin elsewhere.
  std::vector<uint8_t> later(24);
  later.insert(later.end(), message.begin(), message.end());
  ttlv::Decoded decoded = ttlv::Decode(later, 24, kStrict, tape.data(), 3, 16);
  CHECK(decoded.fault == Fault::kNone && decoded.end == 10);
  CHECK(tape[3].next == 10 && tape[4].next == 6 && tape[5].next == 6 && tape[9].next == 10);
  CHECK(tape[5].head == 0x42000d02 && tape[5].length == 1);
  CHECK(tape[6].length == 16 && memcmp(later.data() + tape[6].offset, "sixteen letters!", 16) == 0);
  CHECK(tape[8].length == 5 && later[tape[8].offset + 4] == 5 && later[tape[8].offset + 5] == 0);
  CHECK(tape[9].head == 0x42009209 && later[tape[9].offset + 7] == 0xfe);
  CHECK(ttlv::Decode(later, 24, kStrict, tape.data(), 3, 9).fault == Fault::kTooManyItems);

  // Cut off anywhere it is not whole, and says how long it will be once its header is there.
  for (size_t size = 0; size < message.size(); size++) {
    decoded = ttlv::Decode({message.data(), size}, 0, kStrict, tape.data(), 0, 16);
    CHECK(decoded.fault == Fault::kIncomplete && decoded.at == (size < 8 ? 0 : message.size()));
  }
  // A changed byte is never read beyond the message: the sanitizers watch.
  for (size_t at = 0; at < message.size(); at++) {
    for (int bit = 0; bit < 8; bit++) {
      std::vector<uint8_t> changed = message;
      changed[at] = static_cast<uint8_t>(changed[at] ^ 1 << bit);
      FaultOf(changed);
      FaultOf(changed, kStrict);
    }
  }

  CHECK(FaultOf(message, {static_cast<uint32_t>(message.size()), true}) == Fault::kNone);
  CHECK(FaultOf(message, {static_cast<uint32_t>(message.size()) - 1, true}) == Fault::kTooLarge);
  CHECK(FaultOf(message, {0, true}) == Fault::kTooLarge);

  List deep;
  for (size_t i = 0; i < ttlv::kDeepest; i++) deep.Begin(0x420078);
  for (size_t i = 0; i < ttlv::kDeepest; i++) deep.End();
  std::vector<uint8_t> nested = Message(deep);
  CHECK(FaultOf(nested) == Fault::kNone);
  nested.insert(nested.begin(), {0x42, 0, 0x78, 1, 0, 0, 1, 0});
  CHECK(FaultOf(nested) == Fault::kTooDeep);

  List batch;
  batch.Begin(0x420078);
  for (uint32_t i = 0; i < ttlv::kMostBatchItems; i++) batch.Begin(ttlv::kBatchItem).End();
  CHECK(FaultOf(Message(List(batch).End())) == Fault::kNone);
  CHECK(FaultOf(Message(List(batch).Begin(ttlv::kBatchItem).End().End())) == Fault::kTooManyBatchItems);

  // Text is counted in UTF-16 units, of which a character of four bytes has two, and cannot be cut within.
  std::vector<uint8_t> out(64);
  const std::string text = "\xc3\xa9\xf0\x9f\x94\x91";
  const auto encode = [&](std::initializer_list<uint32_t> units) {
    List list = List().Texts(text);
    for (const uint32_t unit : units) list.Add({0x42005507, unit});
    return list.Encode(out, 3);
  };
  ttlv::Encoded encoded = encode({1, 2});
  CHECK(encoded.result == ttlv::Encoding::kDone && encoded.size == 32 && out[7] == 2 && out[23] == 4);
  CHECK(encode({3}).result == ttlv::Encoding::kDone && out[7] == 6);
  CHECK(encode({1, 1, 1}).result == ttlv::Encoding::kInvalid);
  CHECK(encode({2, 1}).result == ttlv::Encoding::kInvalid);
  CHECK(encode({1}).result == ttlv::Encoding::kInvalid);
  CHECK(encode({1, 3}).result == ttlv::Encoding::kInvalid);

  const List small = List().Begin(0x420078).Text(0x420055, "text").End();
  for (size_t room = 0; room < 24; room++) {
    out.assign(room, 0);
    CHECK(small.Encode(out).result == ttlv::Encoding::kNoRoom);
  }
  for (const List& list : {List().Begin(1), List().End(), List().Add({0x42000d02}), List().Add({0x42009209, 0}),
                           List().Add({0x42004308, 5, 0}), List().Add({0x42004304, 4, 0}), List().Add({0x4200430c, 0})}) {
    out.assign(64, 0);
    CHECK(list.Encode(out).result == ttlv::Encoding::kInvalid);
  }
}

}  // namespace mortise
