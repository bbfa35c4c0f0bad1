// What is decoded strictly and encoded again is the same, byte for byte; and whatever comes as a list of commands is encoded within
// its room, or refused.
#include <cstdlib>
#include <cstring>

#include "fuzz/input.h"
#include "ttlv/encode.h"

namespace {

using namespace mortise;
using ttlv::Node;

constexpr uint32_t kRoom = 4096;
constexpr ttlv::Limits kStrict = {1 << 20, true};

struct List {
  std::vector<uint32_t> words;
  std::vector<uint8_t> texts;
  size_t units = 0;
};

ttlv::Encoded Encode(List list, std::vector<uint8_t>& out) {
  const size_t count = list.words.size();
  const size_t size = list.texts.size();
  list.words.resize(count + ttlv::kSlack / sizeof(uint32_t));
  list.texts.resize(size + ttlv::kSlack);
  return ttlv::Encode({list.words.data(), count}, {list.texts.data(), size}, list.units, {out.data(), out.size()});
}

size_t Units(ByteView text) {
  size_t units = 0;
  for (size_t i = 0; i < text.size; i++) units += ((text.data[i] & 0xc0) != 0x80) + (text.data[i] >= 0xf0);
  return units;
}

// The commands of the nodes from `at` to `end`.
void Add(List& list, ByteView bytes, const Node* tape, uint32_t at, uint32_t end) {
  while (at < end) {
    const Node& node = tape[at];
    const uint8_t* const value = bytes.data + node.offset;
    list.words.push_back(node.head);
    switch (static_cast<ttlv::Type>(node.head & 0xff)) {
      case ttlv::Type::kStructure:
        Add(list, bytes, tape, at + 1, node.next);
        list.words.push_back(0);
        break;
      case ttlv::Type::kLongInteger:
      case ttlv::Type::kDateTime:
      case ttlv::Type::kDateTimeExtended:
        list.words.push_back(GetBigEndian32(value));
        list.words.push_back(GetBigEndian32(value + 4));
        break;
      case ttlv::Type::kTextString: {
        const size_t units = Units({value, node.length});
        list.words.push_back(static_cast<uint32_t>(units));
        list.texts.insert(list.texts.end(), value, value + node.length);
        list.units += units;
        break;
      }
      case ttlv::Type::kByteString:
      case ttlv::Type::kBigInteger: {
        list.words.push_back(node.length);
        const size_t words = (size_t{node.length} + 3) / sizeof(uint32_t);
        list.words.resize(list.words.size() + words);
        if (node.length > 0) memcpy(list.words.data() + list.words.size() - words, value, node.length);
        break;
      }
      default: list.words.push_back(node.length);
    }
    at = node.next;
  }
}

void RoundTrip(ByteView bytes) {
  static std::vector<Node> tape(kRoom);
  const ttlv::Decoded decoded = ttlv::Decode(bytes, 0, kStrict, tape.data(), 0, kRoom);
  if (decoded.fault != ttlv::Fault::kNone) return;
  const size_t size = ttlv::kHeader + tape[0].length;
  List list;
  Add(list, bytes, tape.data(), 0, decoded.end);
  std::vector<uint8_t> out(size);
  const ttlv::Encoded encoded = Encode(list, out);
  if (encoded.result != ttlv::Encoding::kDone || encoded.size != size || memcmp(out.data(), bytes.data, size) != 0) abort();
  out.resize(size - 1);
  if (Encode(list, out).result != ttlv::Encoding::kNoRoom) abort();
}

// Commands of a stranger.
void Commands(ByteView bytes) {
  Input input(bytes.data, bytes.size);
  const ByteView texts = input.Part();
  List list;
  list.texts.assign(texts.data, texts.data + texts.size);
  list.units = input.Byte();
  list.words.push_back(0x42007801);
  while (input.Rest().size > 0) list.words.push_back(input.Word());
  list.words.push_back(0);
  std::vector<uint8_t> out(1024);
  const ttlv::Encoded encoded = Encode(list, out);
  if (encoded.result == ttlv::Encoding::kDone && encoded.size > out.size()) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<uint8_t> bytes(data, data + size);
  RoundTrip(bytes);
  Commands(bytes);
  return 0;
}
