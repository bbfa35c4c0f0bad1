#include "keyfile/keyfile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "keys/secret.h"

namespace mortise {
namespace {

constexpr std::string_view kLabel = "mortise-root-key-1 ";
constexpr size_t kKeySize = 32;
constexpr size_t kFileSize = kLabel.size() + 2 * kKeySize + 1;

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }
  bool Close() { return close(std::exchange(descriptor_, -1)) == 0; }

 private:
  int descriptor_;
};

Error Failed(const std::string& path, const char* what) {
  return Error{Code::kRootKeyMissing, "the root key file " + path + " " + what};
}

Error FailedBy(const std::string& path, const char* what, int number) {
  char room[128];
  // The GNU form, which answers the text and is safe among threads.
  return Error{Code::kRootKeyMissing,
               "the root key file " + path + " " + what + ": " + strerror_r(number, room, sizeof room)};
}

bool WriteAll(int descriptor, ByteView bytes) {
  size_t done = 0;
  while (done < bytes.size) {
    const ssize_t count = write(descriptor, bytes.data + done, bytes.size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

bool WriteFile(const std::string& path, ByteView bytes) {
  Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  return file.get() >= 0 && fchmod(file.get(), 0600) == 0 && WriteAll(file.get(), bytes) && fsync(file.get()) == 0 &&
         file.Close();
}

bool SyncDirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  Descriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.get() >= 0 && fsync(opened.get()) == 0;
}

// The digit without a lookup or branch that depends on it: a root key must not show in the cache.
char HexDigit(unsigned nibble) {
  return static_cast<char>('0' + nibble + ((9 - nibble) >> 8 & ('a' - '0' - 10)));
}

// -1 where the character is none.
int HexValue(uint8_t character) {
  const int digit = character - '0';
  const int letter = (character | 0x20) - 'a';
  const int is_digit = ((digit | (9 - digit)) >> 8) + 1;
  const int is_letter = ((letter | (5 - letter)) >> 8) + 1;
  return is_digit * (digit + 1) + is_letter * (letter + 11) - 1;
}

Result<SecureBytes> NewFile() {
  MORTISE_TRY(key, GenerateSecret(KeyType::kHmac, kKeySize * 8));
  MORTISE_TRY(text, SecureBytes::Make(kFileSize));
  memcpy(text.data(), kLabel.data(), kLabel.size());
  uint8_t* at = text.data() + kLabel.size();
  for (size_t i = 0; i < kKeySize; i++) {
    *at++ = static_cast<uint8_t>(HexDigit(key->material().data[i] >> 4));
    *at++ = static_cast<uint8_t>(HexDigit(key->material().data[i] & 15));
  }
  *at = '\n';
  return text;
}

}  // namespace

Status CreateKeyFile(const std::string& path) {
  MORTISE_TRY(text, NewFile());
  uint8_t suffix[8];
  MORTISE_CHECK(Random({suffix, sizeof suffix}));
  std::string draft = path + ".";
  for (uint8_t byte : suffix) draft += {HexDigit(byte >> 4), HexDigit(byte & 15)};

  int number = 0;
  if (!WriteFile(draft, text.view()) || link(draft.c_str(), path.c_str()) != 0) number = errno;
  if (number != ENOENT) unlink(draft.c_str());
  if (number == EEXIST) return Failed(path, "exists already: it was left as it is");
  if (number != 0) return FailedBy(path, "could not be made", number);
  if (!SyncDirectoryOf(path)) return FailedBy(path, "could not be synced", errno);
  return Done{};
}

Result<KeyRef> ReadKeyFile(const std::string& path) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status = {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) return FailedBy(path, "cannot be opened", errno);
  if (!S_ISREG(status.st_mode)) return Failed(path, "is not a regular file");
  if ((status.st_mode & 077) != 0) return Failed(path, "can be reached by others than its owner: chmod 600 it");
  // One byte more than a file holds shows one that is longer.
  MORTISE_TRY(text, SecureBytes::Make(kFileSize + 1));
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailedBy(path, "cannot be read", errno);
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  Result<KeyRef> key = ParseKeyFile({text.data(), size});
  if (!key.ok()) return Failed(path, "does not hold a root key of Mortise");
  return key;
}

Result<KeyRef> ParseKeyFile(ByteView text) {
  if (text.size != kFileSize || memcmp(text.data, kLabel.data(), kLabel.size()) != 0 ||
      text.data[kFileSize - 1] != '\n') {
    return Code::kRootKeyMissing;
  }
  MORTISE_TRY(bytes, SecureBytes::Make(kKeySize));
  const uint8_t* at = text.data + kLabel.size();
  int wrong = 0;
  for (size_t i = 0; i < kKeySize; i++) {
    const int high = HexValue(at[2 * i]);
    const int low = HexValue(at[2 * i + 1]);
    wrong |= high | low;
    bytes.data()[i] = static_cast<uint8_t>((high & 15) << 4 | (low & 15));
  }
  if (wrong < 0) return Code::kRootKeyMissing;
  return AdoptSecret(KeyType::kHmac, std::move(bytes));
}

}  // namespace mortise
