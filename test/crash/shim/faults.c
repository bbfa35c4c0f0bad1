/*
 * Stands between a process and libc (LD_PRELOAD) for everything that changes files below one directory. It can make such
 * calls fail, and it can write down each of them with its data, in order, so that a power cut can be replayed.
 *
 *   MORTISE_FAULTS_ROOT     the directory, absolute and without symbolic links; nothing outside of it is touched
 *   MORTISE_FAULTS_CONTROL  a file: what is written to it is a command, and the shim answers in it with the number of
 *                           calls since the last command
 *                             fail N ERRNO   the Nth call from now on fails, once
 *                             full N         the Nth call and all after it fail with ENOSPC; a write that is the first
 *                                            to fail writes the half of its bytes, as on a disk that has just run full
 *                             off            nothing fails
 *   MORTISE_FAULTS_TRACE    a file to which the calls that succeed are appended; the process may append marks of its own
 *
 * A record of the trace: kind (1), three zeros, length of the path (4), length of the data (4), offset (8), the path below
 * the root, the data; numbers in the byte order of the machine. The kinds, and what stands in the data:
 *   W written data | T truncated or extended to the offset | S synced | C created | D directory made
 *   R renamed, the new path | L linked, the new path | U removed | M a mark
 *
 * One call at a time: a sync that has returned covers exactly the writes that stand before it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static size_t root_length;
static const char *control;
static int trace = -1;
static long calls;
static long failing_call;
static int failing_with;
static int stays_full;

#define REAL(name) ((__typeof__(&name))real(#name))

/* The next definition of a function, which is libc's. */
static void *real(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("MORTISE_FAULTS_TRACE");
  control = getenv("MORTISE_FAULTS_CONTROL");
  root = getenv("MORTISE_FAULTS_ROOT");
  root_length = root ? strlen(root) : 0;
  if (path) trace = REAL(open)(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

/* The part of a path that is below the root; null for every other path. */
static const char *below(const char *path) {
  if (!root || strncmp(path, root, root_length) != 0) return NULL;
  if (path[root_length] == '\0') return "";
  return path[root_length] == '/' ? path + root_length + 1 : NULL;
}

static const char *path_of(int fd, char buffer[PATH_MAX]) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, buffer, PATH_MAX - 1);
  if (length < 0) return NULL;
  buffer[length] = '\0';
  return buffer;
}

static const char *file_below(int fd, char buffer[PATH_MAX]) {
  const char *path = root ? path_of(fd, buffer) : NULL;
  return path ? below(path) : NULL;
}

/* Whether this call is to fail, and then with what. Each call below the root is asked about once. */
static int fails(void) {
  calls++;
  if (failing_call == 0 || (stays_full ? calls < failing_call : calls != failing_call)) return 0;
  errno = failing_with;
  return 1;
}

static void note(char kind, const char *path, uint64_t offset, const struct iovec *data, int count, size_t size) {
  if (trace < 0) return;
  char head[20] = {kind};
  const uint32_t lengths[] = {(uint32_t)strlen(path), (uint32_t)size};
  memcpy(head + 4, lengths, 8);
  memcpy(head + 12, &offset, 8);
  size_t at = sizeof head + lengths[0];
  char *record = malloc(at + size);
  memcpy(record, head, sizeof head);
  memcpy(record + sizeof head, path, lengths[0]);
  for (int i = 0; i < count && size > 0; i++) {
    const size_t part = data[i].iov_len < size ? data[i].iov_len : size;
    memcpy(record + at, data[i].iov_base, part);
    at += part;
    size -= part;
  }
  if (REAL(write)(trace, record, at) != (ssize_t)at) abort();
  free(record);
}

static void note_path(char kind, const char *path, const char *other) {
  const struct iovec data = {(void *)(other ? other : ""), other ? strlen(other) : 0};
  note(kind, path, 0, &data, 1, data.iov_len);
}

static ssize_t obey(int fd, const char *text, size_t length) {
  char command[64] = "";
  char answer[32];
  memcpy(command, text, length < sizeof command - 1 ? length : sizeof command - 1);
  pthread_mutex_lock(&turn);
  const int size = snprintf(answer, sizeof answer, "%-20ld", calls);
  calls = failing_call = stays_full = 0;
  failing_with = ENOSPC;
  if (sscanf(command, "full %ld", &failing_call) == 1) stays_full = 1;
  else sscanf(command, "fail %ld %d", &failing_call, &failing_with);
  pthread_mutex_unlock(&turn);
  return REAL(pwrite)(fd, answer, size, 0) == size ? (ssize_t)length : -1;
}

/* A position of -1 is the file's own. */
static ssize_t write_below(int fd, const struct iovec *data, int count, off64_t position) {
  char buffer[PATH_MAX];
  const char *whole = root ? path_of(fd, buffer) : NULL;
  if (whole && control && strcmp(whole, control) == 0) return obey(fd, data->iov_base, data->iov_len);
  const char *path = whole ? below(whole) : NULL;
  if (!path) return position < 0 ? REAL(writev)(fd, data, count) : REAL(pwritev64)(fd, data, count, position);

  pthread_mutex_lock(&turn);
  off64_t at = position;
  if (at < 0) at = lseek64(fd, 0, (fcntl(fd, F_GETFL) & O_APPEND) ? SEEK_END : SEEK_CUR);
  struct iovec half = {data->iov_base, data->iov_len / 2};
  if (fails()) {
    const int runs_full = stays_full && calls == failing_call && half.iov_len > 0;
    if (!runs_full) {
      pthread_mutex_unlock(&turn);
      return -1;
    }
    data = &half;
    count = 1;
  }
  const ssize_t written = position < 0 ? REAL(writev)(fd, data, count) : REAL(pwritev64)(fd, data, count, position);
  const int number = errno;
  if (written > 0) note('W', path, (uint64_t)at, data, count, (size_t)written);
  pthread_mutex_unlock(&turn);
  errno = number;
  return written;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  const struct iovec data = {(void *)bytes, length};
  return write_below(fd, &data, 1, -1);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  const struct iovec data = {(void *)bytes, length};
  return write_below(fd, &data, 1, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  const struct iovec data = {(void *)bytes, length};
  return write_below(fd, &data, 1, offset);
}
ssize_t writev(int fd, const struct iovec *data, int count) { return write_below(fd, data, count, -1); }
ssize_t pwritev(int fd, const struct iovec *data, int count, off_t offset) {
  return write_below(fd, data, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *data, int count, off64_t offset) {
  return write_below(fd, data, count, offset);
}

/* Calls that only succeed or fail: `call` is made in turn and noted by `trace_it` when it has succeeded. */
#define IN_TURN(path, call, trace_it)      \
  do {                                     \
    if (!(path)) return call;              \
    pthread_mutex_lock(&turn);             \
    int result = fails() ? -1 : (call);    \
    const int number = errno;              \
    if (result == 0) trace_it;             \
    pthread_mutex_unlock(&turn);           \
    errno = number;                        \
    return result;                         \
  } while (0)

#define SYNC(name)                                                  \
  int name(int fd) {                                                \
    char buffer[PATH_MAX];                                          \
    const char *path = file_below(fd, buffer);                      \
    IN_TURN(path, REAL(name)(fd), note('S', path, 0, NULL, 0, 0));  \
  }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name, type)                                                                  \
  int name(int fd, type length) {                                                             \
    char buffer[PATH_MAX];                                                                    \
    const char *path = file_below(fd, buffer);                                                \
    IN_TURN(path, REAL(name)(fd, length), note('T', path, (uint64_t)length, NULL, 0, 0));     \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define ALLOCATE(name, type)                                                                      \
  int name(int fd, int mode, type offset, type length) {                                          \
    char buffer[PATH_MAX];                                                                        \
    const char *path = file_below(fd, buffer);                                                    \
    IN_TURN(path, REAL(name)(fd, mode, offset, length),                                           \
            if (mode == 0) note('W', path, (uint64_t)(offset + length), NULL, 0, 0));             \
  }
ALLOCATE(fallocate, off_t)
ALLOCATE(fallocate64, off64_t)

int unlink(const char *path) {
  IN_TURN(below(path), REAL(unlink)(path), note_path('U', below(path), NULL));
}
int unlinkat(int directory, const char *path, int flags) {
  IN_TURN(below(path), REAL(unlinkat)(directory, path, flags), note_path('U', below(path), NULL));
}
int remove(const char *path) {
  IN_TURN(below(path), REAL(remove)(path), note_path('U', below(path), NULL));
}
int rename(const char *from, const char *to) {
  IN_TURN(below(to), REAL(rename)(from, to), note_path('R', below(from), below(to)));
}
int link(const char *from, const char *to) {
  IN_TURN(below(to), REAL(link)(from, to), note_path('L', below(from), below(to)));
}
int mkdir(const char *path, mode_t mode) {
  IN_TURN(below(path), REAL(mkdir)(path, mode), note_path('D', below(path), NULL));
}

/* Making a file is a change; opening one that is there is none, unless it is emptied. */
static int open_below(const char *path, int flags, mode_t mode) {
  const char *name = flags & (O_CREAT | O_TRUNC) ? below(path) : NULL;
  if (!name) return REAL(open64)(path, flags, mode);
  pthread_mutex_lock(&turn);
  struct stat status;
  const int exists = stat(path, &status) == 0;
  const int changes = exists ? (flags & O_TRUNC) && !(flags & O_EXCL) && status.st_size > 0 : flags & O_CREAT;
  const int fd = changes && fails() ? -1 : REAL(open64)(path, flags, mode);
  const int number = errno;
  if (fd >= 0 && changes && exists) note('T', name, 0, NULL, 0, 0);
  else if (fd >= 0 && changes) note('C', name, 0, NULL, 0, 0);
  pthread_mutex_unlock(&turn);
  errno = number;
  return fd;
}

#define OPEN(name)                                           \
  int name(const char *path, int flags, ...) {               \
    mode_t mode = 0;                                         \
    if (flags & (O_CREAT | O_TMPFILE)) {                     \
      va_list rest;                                          \
      va_start(rest, flags);                                 \
      mode = va_arg(rest, mode_t);                           \
      va_end(rest);                                          \
    }                                                        \
    return open_below(path, flags, mode);                    \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                          \
  int name(int directory, const char *path, int flags, ...) {                                 \
    mode_t mode = 0;                                                                          \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                      \
      va_list rest;                                                                           \
      va_start(rest, flags);                                                                  \
      mode = va_arg(rest, mode_t);                                                            \
      va_end(rest);                                                                           \
    }                                                                                         \
    return path[0] == '/' ? open_below(path, flags, mode) : REAL(openat64)(directory, path, flags, mode); \
  }
OPENAT(openat)
OPENAT(openat64)
