/* A PKCS#11 module that stands before a real one and, by rules in a file that is read again whenever it changes, delays calls, fails them,
 * lets them hang, loses sessions and logins, gives objects other handles, and counts.
 *
 *   MORTISE_SHIM_MODULE  path of the real module
 *   MORTISE_SHIM_RULES   path of the rules; there may be none
 *   MORTISE_SHIM_COUNTS  path of a file that is made: 48 bytes a call, its name (40, zeros behind) and how often it came (8, little endian)
 *
 * A rule is a line: the name of a call, or * for all, and any of
 *   delay=MICROSECONDS   before the real call
 *   hang                 until there is no such rule any more
 *   rv=CODE              instead of the real call; decimal or 0x...
 *   late                 with rv: the real call is made, and its answer thrown away
 *   after=N times=N      the first N matching calls are let pass; then so many are meant. Counted from when the rules were read
 *   chance=PERMILLE      of those
 * or a state of the token, which takes effect when its number changes:
 *   sessions=N           opened at most, 0 for any
 *   lost=N               sessions opened before are lost (CKR_SESSION_HANDLE_INVALID)
 *   renumbered=N         handles of objects from before are invalid
 *   permuted=N           handles of objects from before may be those of others now
 *   logout=N             the user is logged out
 *   token-iv=1           C_EncryptInit puts an IV of its own in the place of that of AES-GCM */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pkcs11/cryptoki.h"

#define CALLS(call) \
  call(C_Initialize) call(C_Finalize) call(C_GetInfo) call(C_GetSlotList) call(C_GetSlotInfo) call(C_GetTokenInfo) \
  call(C_GetMechanismList) call(C_GetMechanismInfo) call(C_OpenSession) call(C_CloseSession) call(C_CloseAllSessions) \
  call(C_GetSessionInfo) call(C_Login) call(C_Logout) call(C_CreateObject) call(C_DestroyObject) call(C_GetAttributeValue) \
  call(C_SetAttributeValue) call(C_FindObjectsInit) call(C_FindObjects) call(C_FindObjectsFinal) call(C_EncryptInit) \
  call(C_Encrypt) call(C_DecryptInit) call(C_Decrypt) call(C_SignInit) call(C_Sign) call(C_VerifyInit) call(C_Verify) \
  call(C_GenerateKey) call(C_GenerateKeyPair) call(C_WrapKey) call(C_UnwrapKey) call(C_DeriveKey) call(C_GenerateRandom)

#define ENUMERATE(name) k_##name,
enum { CALLS(ENUMERATE) kCalls, kEvery };
#define NAME(name) #name,
static const char* const names[] = {CALLS(NAME)};

#define OK 0x0UL
#define SESSION_HANDLE_INVALID 0xb3UL
#define SESSION_COUNT 0xb1UL
#define OBJECT_HANDLE_INVALID 0x82UL
#define KEY_HANDLE_INVALID 0x60UL
#define AES_GCM 0x1087UL

struct rule {
  int call;
  long delay;
  int hangs, fails, late;
  CK_RV rv;
  long after, times, chance;
  atomic_long seen, done;
};

enum { kMostRules = 64 };
struct state {
  long sessions, lost, renumbered, permuted, logout, token_iv;
};
static struct rule rules[kMostRules];
static int rule_count;
static struct state state;
static struct timespec read_at;
static off_t read_size = -1;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

struct count {
  char name[40];
  atomic_ulong calls;
};
static struct count* counts;
static atomic_long open_sessions;
static _Atomic CK_SESSION_HANDLE any_session;

static CK_FUNCTION_LIST* real;
static CK_FUNCTION_LIST list;

/* The upper 16 bits of a handle say when it was given out. */
static CK_ULONG stamped(CK_ULONG handle, long stamp) { return handle ^ ((CK_ULONG)stamp << 48); }
static int is_stamped(CK_ULONG handle, long stamp) { return handle >> 48 == (CK_ULONG)stamp; }

static CK_OBJECT_HANDLE shown(CK_OBJECT_HANDLE handle) { return stamped(handle ^ (CK_ULONG)state.permuted, state.renumbered); }
static CK_OBJECT_HANDLE hidden(CK_OBJECT_HANDLE handle) { return stamped(handle, state.renumbered) ^ (CK_ULONG)state.permuted; }
static CK_SESSION_HANDLE session_of(CK_SESSION_HANDLE handle) { return stamped(handle, state.lost); }

static int call_named(const char* name) {
  if (strcmp(name, "*") == 0) return kEvery;
  for (int i = 0; i < kCalls; i++) {
    if (strcmp(name, names[i]) == 0) return i;
  }
  fprintf(stderr, "pkcs11_shim: there is no call %s\n", name);
  abort();
}

static void set_state(const char* name, long value) {
  if (strcmp(name, "sessions") == 0) state.sessions = value;
  else if (strcmp(name, "lost") == 0) {
    if (value != state.lost) open_sessions = 0;
    state.lost = value;
  }
  else if (strcmp(name, "renumbered") == 0) state.renumbered = value;
  else if (strcmp(name, "permuted") == 0) state.permuted = value;
  else if (strcmp(name, "token-iv") == 0) state.token_iv = value;
  else if (strcmp(name, "logout") == 0) {
    if (value != state.logout && any_session != 0) real->C_Logout(any_session);
    state.logout = value;
  } else {
    fprintf(stderr, "pkcs11_shim: there is no rule %s\n", name);
    abort();
  }
}

static void read_line(char* line) {
  char* rest = line;
  char* word = strtok_r(rest, " \n", &rest);
  if (word == NULL || *word == '#') return;
  char* equals = strchr(word, '=');
  if (equals != NULL) {
    *equals = 0;
    set_state(word, strtol(equals + 1, NULL, 0));
    return;
  }
  if (rule_count == kMostRules) abort();
  struct rule* rule = &rules[rule_count];
  memset(rule, 0, sizeof *rule);
  rule->call = call_named(word);
  rule->times = -1;
  rule->chance = 1000;
  while ((word = strtok_r(NULL, " \n", &rest)) != NULL) {
    equals = strchr(word, '=');
    const long value = equals == NULL ? 0 : strtol(equals + 1, NULL, 0);
    if (equals != NULL) *equals = 0;
    if (strcmp(word, "delay") == 0) rule->delay = value;
    else if (strcmp(word, "hang") == 0) rule->hangs = 1;
    else if (strcmp(word, "late") == 0) rule->late = 1;
    else if (strcmp(word, "rv") == 0) rule->fails = 1, rule->rv = (CK_RV)value;
    else if (strcmp(word, "after") == 0) rule->after = value;
    else if (strcmp(word, "times") == 0) rule->times = value;
    else if (strcmp(word, "chance") == 0) rule->chance = value;
    else abort();
  }
  rule_count++;
}

/* The file is replaced whole, by a rename. */
static void read_rules(void) {
  const char* path = getenv("MORTISE_SHIM_RULES");
  struct stat status;
  if (path == NULL || stat(path, &status) != 0) return;
  pthread_rwlock_rdlock(&lock);
  const int same = status.st_size == read_size && status.st_mtim.tv_sec == read_at.tv_sec && status.st_mtim.tv_nsec == read_at.tv_nsec;
  pthread_rwlock_unlock(&lock);
  if (same) return;
  pthread_rwlock_wrlock(&lock);
  read_at = status.st_mtim;
  read_size = status.st_size;
  rule_count = 0;
  FILE* file = fopen(path, "r");
  char line[256];
  while (file != NULL && fgets(line, sizeof line, file) != NULL) read_line(line);
  if (file != NULL) fclose(file);
  pthread_rwlock_unlock(&lock);
}

static int is_meant(struct rule* rule, int call) {
  if (rule->call != call && rule->call != kEvery) return 0;
  if (atomic_fetch_add(&rule->seen, 1) < rule->after) return 0;
  static _Thread_local unsigned int seed;
  if (seed == 0) seed = (unsigned int)(size_t)&seed ^ (unsigned int)time(NULL);
  if (rand_r(&seed) % 1000 >= rule->chance) return 0;
  return rule->times < 0 || atomic_fetch_add(&rule->done, 1) < rule->times;
}

struct verdict {
  int fails, late;
  CK_RV rv;
};

static int hangs(int call) {
  read_rules();
  int found = 0;
  pthread_rwlock_rdlock(&lock);
  for (int i = 0; i < rule_count; i++) found |= rules[i].hangs && (rules[i].call == call || rules[i].call == kEvery);
  pthread_rwlock_unlock(&lock);
  return found;
}

static struct verdict judge(int call) {
  read_rules();
  if (counts != NULL) atomic_fetch_add(&counts[call].calls, 1);
  struct verdict verdict = {0, 0, OK};
  long delay = 0;
  int waits = 0;
  pthread_rwlock_rdlock(&lock);
  for (int i = 0; i < rule_count; i++) {
    struct rule* rule = &rules[i];
    if (verdict.fails && rule->fails) continue;
    if (!is_meant(rule, call)) continue;
    delay += rule->delay;
    waits |= rule->hangs;
    if (rule->fails) verdict = (struct verdict){1, rule->late, rule->rv};
  }
  pthread_rwlock_unlock(&lock);
  if (delay > 0) usleep((useconds_t)delay);
  while (waits && hangs(call)) usleep(10000);
  return verdict;
}

/* The real call, where the rules let it be made, with its answer unless they give another. */
#define CALL(call, expression)                             \
  const struct verdict verdict = judge(k_##call);          \
  if (verdict.fails && !verdict.late) return verdict.rv;   \
  const CK_RV answer = (expression);                       \
  if (verdict.fails) return verdict.rv;

#define IN_SESSION(call) \
  if (!is_stamped(session, state.lost)) return judge(k_##call), SESSION_HANDLE_INVALID;
#define WITH_OBJECT(call, object, code) \
  if (!is_stamped(object, state.renumbered)) return judge(k_##call), code;
#define S session_of(session)

static CK_RV shim_C_Initialize(CK_VOID_PTR args) {
  CALL(C_Initialize, real->C_Initialize(args))
  return answer;
}
static CK_RV shim_C_Finalize(CK_VOID_PTR reserved) {
  CALL(C_Finalize, real->C_Finalize(reserved))
  if (answer == OK) {
    open_sessions = 0;
    any_session = 0;
  }
  return answer;
}
static CK_RV shim_C_GetInfo(CK_INFO* info) {
  CALL(C_GetInfo, real->C_GetInfo(info))
  return answer;
}
static CK_RV GetFunctionList(CK_FUNCTION_LIST** found) {
  *found = &list;
  return OK;
}
static CK_RV shim_C_GetSlotList(CK_BBOOL present, CK_SLOT_ID* slots, CK_ULONG* count) {
  CALL(C_GetSlotList, real->C_GetSlotList(present, slots, count))
  return answer;
}
static CK_RV shim_C_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO* info) {
  CALL(C_GetSlotInfo, real->C_GetSlotInfo(slot, info))
  return answer;
}
static CK_RV shim_C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  CALL(C_GetTokenInfo, real->C_GetTokenInfo(slot, info))
  return answer;
}
static CK_RV shim_C_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE* types, CK_ULONG* count) {
  CALL(C_GetMechanismList, real->C_GetMechanismList(slot, types, count))
  return answer;
}
static CK_RV shim_C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* info) {
  CALL(C_GetMechanismInfo, real->C_GetMechanismInfo(slot, type, info))
  return answer;
}
static CK_RV shim_C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify, CK_SESSION_HANDLE* session) {
  if (state.sessions > 0 && open_sessions >= state.sessions) return judge(k_C_OpenSession), SESSION_COUNT;
  CALL(C_OpenSession, real->C_OpenSession(slot, flags, application, notify, session))
  if (answer != OK) return answer;
  open_sessions++;
  any_session = *session;
  *session = session_of(*session);
  return OK;
}
static CK_RV shim_C_CloseSession(CK_SESSION_HANDLE session) {
  IN_SESSION(C_CloseSession)
  CALL(C_CloseSession, real->C_CloseSession(S))
  if (answer == OK) open_sessions--;
  return answer;
}
static CK_RV shim_C_CloseAllSessions(CK_SLOT_ID slot) {
  CALL(C_CloseAllSessions, real->C_CloseAllSessions(slot))
  if (answer == OK) open_sessions = 0;
  return answer;
}
static CK_RV shim_C_GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO* info) {
  IN_SESSION(C_GetSessionInfo)
  CALL(C_GetSessionInfo, real->C_GetSessionInfo(S, info))
  return answer;
}
static CK_RV shim_C_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG size) {
  IN_SESSION(C_Login)
  CALL(C_Login, real->C_Login(S, user, pin, size))
  return answer;
}
static CK_RV shim_C_Logout(CK_SESSION_HANDLE session) {
  IN_SESSION(C_Logout)
  CALL(C_Logout, real->C_Logout(S))
  return answer;
}
static CK_RV shim_C_CreateObject(CK_SESSION_HANDLE session, CK_ATTRIBUTE* attributes, CK_ULONG count, CK_OBJECT_HANDLE* object) {
  IN_SESSION(C_CreateObject)
  CALL(C_CreateObject, real->C_CreateObject(S, attributes, count, object))
  if (answer == OK) *object = shown(*object);
  return answer;
}
static CK_RV shim_C_DestroyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
  IN_SESSION(C_DestroyObject)
  WITH_OBJECT(C_DestroyObject, object, OBJECT_HANDLE_INVALID)
  CALL(C_DestroyObject, real->C_DestroyObject(S, hidden(object)))
  return answer;
}
static CK_RV shim_C_GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes, CK_ULONG count) {
  IN_SESSION(C_GetAttributeValue)
  WITH_OBJECT(C_GetAttributeValue, object, OBJECT_HANDLE_INVALID)
  CALL(C_GetAttributeValue, real->C_GetAttributeValue(S, hidden(object), attributes, count))
  return answer;
}
static CK_RV shim_C_SetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes, CK_ULONG count) {
  IN_SESSION(C_SetAttributeValue)
  WITH_OBJECT(C_SetAttributeValue, object, OBJECT_HANDLE_INVALID)
  CALL(C_SetAttributeValue, real->C_SetAttributeValue(S, hidden(object), attributes, count))
  return answer;
}
static CK_RV shim_C_FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE* attributes, CK_ULONG count) {
  IN_SESSION(C_FindObjectsInit)
  CALL(C_FindObjectsInit, real->C_FindObjectsInit(S, attributes, count))
  return answer;
}
static CK_RV shim_C_FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE* objects, CK_ULONG most, CK_ULONG* count) {
  IN_SESSION(C_FindObjects)
  CALL(C_FindObjects, real->C_FindObjects(S, objects, most, count))
  for (CK_ULONG i = 0; answer == OK && i < *count; i++) objects[i] = shown(objects[i]);
  return answer;
}
static CK_RV shim_C_FindObjectsFinal(CK_SESSION_HANDLE session) {
  IN_SESSION(C_FindObjectsFinal)
  CALL(C_FindObjectsFinal, real->C_FindObjectsFinal(S))
  return answer;
}
static CK_RV shim_C_EncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  IN_SESSION(C_EncryptInit)
  WITH_OBJECT(C_EncryptInit, key, KEY_HANDLE_INVALID)
  if (state.token_iv && mechanism->mechanism == AES_GCM) {
    const CK_GCM_PARAMS* parameters = mechanism->pParameter;
    const int random = open("/dev/urandom", O_RDONLY);
    if (random < 0 || read(random, parameters->pIv, parameters->ulIvLen) != (ssize_t)parameters->ulIvLen) abort();
    close(random);
  }
  CALL(C_EncryptInit, real->C_EncryptInit(S, mechanism, hidden(key)))
  return answer;
}
static CK_RV shim_C_DecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  IN_SESSION(C_DecryptInit)
  WITH_OBJECT(C_DecryptInit, key, KEY_HANDLE_INVALID)
  CALL(C_DecryptInit, real->C_DecryptInit(S, mechanism, hidden(key)))
  return answer;
}
static CK_RV shim_C_SignInit(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  IN_SESSION(C_SignInit)
  WITH_OBJECT(C_SignInit, key, KEY_HANDLE_INVALID)
  CALL(C_SignInit, real->C_SignInit(S, mechanism, hidden(key)))
  return answer;
}
static CK_RV shim_C_VerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  IN_SESSION(C_VerifyInit)
  WITH_OBJECT(C_VerifyInit, key, KEY_HANDLE_INVALID)
  CALL(C_VerifyInit, real->C_VerifyInit(S, mechanism, hidden(key)))
  return answer;
}
#define DATA CK_BYTE *data, CK_ULONG size, CK_BYTE *out, CK_ULONG *out_size
static CK_RV shim_C_Encrypt(CK_SESSION_HANDLE session, DATA) {
  IN_SESSION(C_Encrypt)
  CALL(C_Encrypt, real->C_Encrypt(S, data, size, out, out_size))
  return answer;
}
static CK_RV shim_C_Decrypt(CK_SESSION_HANDLE session, DATA) {
  IN_SESSION(C_Decrypt)
  CALL(C_Decrypt, real->C_Decrypt(S, data, size, out, out_size))
  return answer;
}
static CK_RV shim_C_Sign(CK_SESSION_HANDLE session, DATA) {
  IN_SESSION(C_Sign)
  CALL(C_Sign, real->C_Sign(S, data, size, out, out_size))
  return answer;
}
static CK_RV shim_C_Verify(CK_SESSION_HANDLE session, CK_BYTE* data, CK_ULONG size, CK_BYTE* signature, CK_ULONG signature_size) {
  IN_SESSION(C_Verify)
  CALL(C_Verify, real->C_Verify(S, data, size, signature, signature_size))
  return answer;
}
static CK_RV shim_C_GenerateKey(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_ATTRIBUTE* attributes, CK_ULONG count,
                         CK_OBJECT_HANDLE* key) {
  IN_SESSION(C_GenerateKey)
  CALL(C_GenerateKey, real->C_GenerateKey(S, mechanism, attributes, count, key))
  if (answer == OK) *key = shown(*key);
  return answer;
}
static CK_RV shim_C_GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_ATTRIBUTE* of_public, CK_ULONG public_count,
                             CK_ATTRIBUTE* of_private, CK_ULONG private_count, CK_OBJECT_HANDLE* public_key,
                             CK_OBJECT_HANDLE* private_key) {
  IN_SESSION(C_GenerateKeyPair)
  CALL(C_GenerateKeyPair,
       real->C_GenerateKeyPair(S, mechanism, of_public, public_count, of_private, private_count, public_key, private_key))
  if (answer == OK) *public_key = shown(*public_key), *private_key = shown(*private_key);
  return answer;
}
static CK_RV shim_C_WrapKey(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, CK_BYTE* out,
                     CK_ULONG* size) {
  IN_SESSION(C_WrapKey)
  WITH_OBJECT(C_WrapKey, wrapping, 0x113UL)
  WITH_OBJECT(C_WrapKey, key, KEY_HANDLE_INVALID)
  CALL(C_WrapKey, real->C_WrapKey(S, mechanism, hidden(wrapping), hidden(key), out, size))
  return answer;
}
static CK_RV shim_C_UnwrapKey(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE unwrapping, CK_BYTE* wrapped, CK_ULONG size,
                       CK_ATTRIBUTE* attributes, CK_ULONG count, CK_OBJECT_HANDLE* key) {
  IN_SESSION(C_UnwrapKey)
  WITH_OBJECT(C_UnwrapKey, unwrapping, 0xf0UL)
  CALL(C_UnwrapKey, real->C_UnwrapKey(S, mechanism, hidden(unwrapping), wrapped, size, attributes, count, key))
  if (answer == OK) *key = shown(*key);
  return answer;
}
static CK_RV shim_C_DeriveKey(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE base, CK_ATTRIBUTE* attributes, CK_ULONG count,
                       CK_OBJECT_HANDLE* key) {
  IN_SESSION(C_DeriveKey)
  WITH_OBJECT(C_DeriveKey, base, KEY_HANDLE_INVALID)
  CALL(C_DeriveKey, real->C_DeriveKey(S, mechanism, hidden(base), attributes, count, key))
  if (answer == OK) *key = shown(*key);
  return answer;
}
static CK_RV shim_C_GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE* out, CK_ULONG size) {
  IN_SESSION(C_GenerateRandom)
  CALL(C_GenerateRandom, real->C_GenerateRandom(S, out, size))
  return answer;
}

static void make_counts(void) {
  const char* path = getenv("MORTISE_SHIM_COUNTS");
  if (path == NULL) return;
  const int file = open(path, O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, sizeof(struct count) * kCalls) != 0) abort();
  counts = mmap(NULL, sizeof(struct count) * kCalls, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (counts == MAP_FAILED) abort();
  for (int i = 0; i < kCalls; i++) strncpy(counts[i].name, names[i], sizeof counts[i].name - 1);
  close(file);
}

static void load(void) {
  void* const library = dlopen(getenv("MORTISE_SHIM_MODULE"), RTLD_NOW | RTLD_LOCAL);
  const CK_C_GetFunctionList get = library == NULL ? NULL : (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
  if (get == NULL || get(&real) != OK) {
    fprintf(stderr, "pkcs11_shim: there is no module at MORTISE_SHIM_MODULE: %s\n", dlerror());
    abort();
  }
  make_counts();
  list = *real;
#define REPLACE(name) list.name = shim_##name;
  CALLS(REPLACE)
  list.C_GetFunctionList = GetFunctionList;
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** found) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return GetFunctionList(found);
}
