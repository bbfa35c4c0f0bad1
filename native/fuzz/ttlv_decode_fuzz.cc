// Whatever comes, as a message of TTLV: what is read lies within it, the nodes are in order, and what lies beside the nodes stays
// as it was.
#include <cstdlib>

#include "fuzz/input.h"
#include "ttlv/tape.h"

namespace {

using namespace mortise;
using ttlv::Node;

constexpr uint32_t kRoom = 512;
constexpr Node kGuard = {0xa5a5a5a5, 0xa5a5a5a5, 0xa5a5a5a5, 0xa5a5a5a5};

bool IsGuard(const Node& node) { return node.head == kGuard.head && node.offset == kGuard.offset && node.next == kGuard.next; }

bool IsWithin(const Node& node, ByteView message) {
  const auto type = static_cast<ttlv::Type>(node.head & 0xff);
  const bool sized = type == ttlv::Type::kStructure || type == ttlv::Type::kTextString || type == ttlv::Type::kByteString ||
                     type == ttlv::Type::kBigInteger;
  return node.offset <= message.size && (sized ? node.length : 8) <= message.size - node.offset;
}

void Check(ByteView bytes, size_t start, ttlv::Limits limits, uint32_t first) {
  std::vector<Node> tape(kRoom + 1, kGuard);
  const ttlv::Decoded decoded = ttlv::Decode(bytes, start, limits, tape.data(), first, kRoom);
  if (!IsGuard(tape[kRoom]) || (first > 0 && !IsGuard(tape[first - 1]))) abort();
  if (decoded.fault == ttlv::Fault::kIncomplete) {
    if (decoded.at != 0 && (decoded.at <= bytes.size - start || decoded.at > limits.message)) abort();
    return;
  }
  if (decoded.fault != ttlv::Fault::kNone) {
    if (decoded.at < start || decoded.at > bytes.size) abort();
    return;
  }
  if (decoded.end <= first || decoded.end > kRoom || tape[first].next != decoded.end) abort();
  if (decoded.end < kRoom && !IsGuard(tape[decoded.end])) abort();
  for (uint32_t i = first; i < decoded.end; i++) {
    if (!IsWithin(tape[i], bytes) || tape[i].next <= i || tape[i].next > decoded.end) abort();
    if (i > first && tape[i].offset < tape[i - 1].offset + 8) abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy of that size: what is read behind it is found.
  const std::vector<uint8_t> bytes(data, data + size);
  for (const bool strict : {false, true}) {
    Check(bytes, 0, {1 << 20, strict}, 0);
    Check(bytes, 0, {64, strict}, kRoom - 3);
  }
  if (size >= 8) Check(bytes, 8, {1 << 20, false}, 7);
  return 0;
}
