/* A PKCS#11 module that stands in front of another one, counts the calls and spoils some of them, by rules that it reads again whenever they
 * change. Beside the file that it is loaded from lie FILE.module, the path of the other one; FILE.rules; and FILE.counts, a number of 64 bits
 * for each function below. A rule is a line:
 *
 *   C_Sign delay=5            milliseconds before the call
 *   C_Sign rv=0x30            the call is not made and answers this; with after=N not before N calls, with times=N so often,
 *                             with permille=N by chance
 *   C_Sign hang               the call does not return as long as the rule stands
 *   * rv=0x32                 the same of every call
 *   sessions=4                sessions that may be open
 *   epoch=2                   once it has changed, every session that was open is gone, and every object has another number, which was
 *                             another object's
 *   logout=1                  once it has changed, nobody is logged in
 */
#define _GNU_SOURCE
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

#define FUNCTIONS(row)                                                                                                  \
  row(C_Initialize) row(C_Finalize) row(C_GetSlotList) row(C_GetTokenInfo) row(C_OpenSession) row(C_CloseSession)      \
  row(C_GetSessionInfo) row(C_Login) row(C_CreateObject) row(C_DestroyObject) row(C_GetAttributeValue)                 \
  row(C_SetAttributeValue) row(C_FindObjectsInit) row(C_FindObjects) row(C_FindObjectsFinal) row(C_EncryptInit)        \
  row(C_Encrypt) row(C_DecryptInit) row(C_Decrypt) row(C_SignInit) row(C_Sign) row(C_VerifyInit) row(C_Verify)         \
  row(C_GenerateKey) row(C_GenerateKeyPair) row(C_WrapKey) row(C_UnwrapKey) row(C_DeriveKey) row(C_GenerateRandom)

enum {
#define INDEX(name) name##_index,
  FUNCTIONS(INDEX)
#undef INDEX
  function_count
};
static const char* const names[] = {
#define NAME(name) #name,
    FUNCTIONS(NAME)
#undef NAME
};

struct rule {
  long delay, after, times, permille, hang;
  CK_RV rv;
};

static CK_FUNCTION_LIST* real;
static CK_FUNCTION_LIST ours;
static char path[4096];
static _Atomic unsigned long long* counts;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t sessions_mutex = PTHREAD_MUTEX_INITIALIZER;
/* Calls of the other module read; what takes their sessions away writes. */
static pthread_rwlock_t calls = PTHREAD_RWLOCK_INITIALIZER;
static struct timespec rules_time;
static struct rule rules[function_count];
static long cap = -1, epoch, logout_mark;
static unsigned long long seed = 88172645463325252ull;
#define MOST 4096
static CK_SESSION_HANDLE open_sessions[MOST];
static size_t open_count;

static const CK_RV session_handle_invalid = 0xb3, session_count = 0xb1;

static void wait_ms(long milliseconds) {
  const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&time, NULL);
}

static long number(const char* line, const char* key, long otherwise) {
  const char* const at = strstr(line, key);
  return at == NULL ? otherwise : strtol(at + strlen(key), NULL, 0);
}

/* With the lock. */
static void read_rules(void) {
  char file[4200];
  snprintf(file, sizeof file, "%s.rules", path);
  struct stat about;
  if (stat(file, &about) != 0) return;
  if (about.st_mtim.tv_sec == rules_time.tv_sec && about.st_mtim.tv_nsec == rules_time.tv_nsec) return;
  rules_time = about.st_mtim;
  FILE* const in = fopen(file, "r");
  if (in == NULL) return;
  memset(rules, 0, sizeof rules);
  cap = -1;
  long new_epoch = epoch, new_logout = logout_mark;
  char line[256];
  while (fgets(line, sizeof line, in) != NULL) {
    cap = number(line, "sessions=", cap);
    new_epoch = number(line, "epoch=", new_epoch);
    new_logout = number(line, "logout=", new_logout);
    for (int i = 0; i < function_count; i++) {
      const size_t length = strlen(names[i]);
      const int every = line[0] == '*';
      if (!every && (strncmp(line, names[i], length) != 0 || line[length] != ' ')) continue;
      rules[i] = (struct rule){number(line, "delay=", 0),     number(line, "after=", 0), number(line, "times=", -1),
                               number(line, "permille=", -1), strstr(line, " hang") != NULL, (CK_RV)number(line, " rv=", 0)};
    }
  }
  fclose(in);
  pthread_rwlock_wrlock(&calls);
  if (new_logout != logout_mark && open_count > 0) real->C_Logout(open_sessions[0]);
  logout_mark = new_logout;
  if (new_epoch != epoch) {
    for (size_t i = 0; i < open_count; i++) real->C_CloseSession(open_sessions[i]);
    open_count = 0;
  }
  epoch = new_epoch;
  pthread_rwlock_unlock(&calls);
}

static int is_open(CK_SESSION_HANDLE session) {
  int found = 0;
  pthread_mutex_lock(&sessions_mutex);
  for (size_t i = 0; i < open_count; i++) found |= open_sessions[i] == session;
  pthread_mutex_unlock(&sessions_mutex);
  return found;
}

/* What the call answers instead of being made, or 0: then it is made, and after() ends it. */
static CK_RV before(int function, const CK_SESSION_HANDLE* session) {
  counts[function]++;
  pthread_mutex_lock(&mutex);
  read_rules();
  const long delay = rules[function].delay;
  pthread_mutex_unlock(&mutex);
  if (delay > 0) wait_ms(delay);
  for (;;) {
    pthread_mutex_lock(&mutex);
    read_rules();
    if (!rules[function].hang) break;
    pthread_mutex_unlock(&mutex);
    wait_ms(5);
  }
  struct rule* const rule = &rules[function];
  pthread_rwlock_rdlock(&calls);
  CK_RV answer = 0;
  if (session != NULL && !is_open(*session)) answer = session_handle_invalid;
  if (rule->after > 0) {
    rule->after--;
  } else if (rule->rv != 0 && rule->times != 0) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    if (rule->permille < 0 || (long)(seed % 1000) < rule->permille) {
      if (rule->times > 0) rule->times--;
      answer = rule->rv;
    }
  }
  pthread_mutex_unlock(&mutex);
  if (answer != 0) pthread_rwlock_unlock(&calls);
  return answer;
}

static CK_RV after(CK_RV answer) {
  pthread_rwlock_unlock(&calls);
  return answer;
}

#define BEFORE(name, session)                               \
  do {                                                      \
    const CK_RV spoiled = before(name##_index, session);    \
    if (spoiled != 0) return spoiled;                       \
  } while (0)

/* The number that the application has for an object, and back. */
static CK_OBJECT_HANDLE shown(CK_OBJECT_HANDLE handle) { return handle + (CK_OBJECT_HANDLE)epoch; }
static CK_OBJECT_HANDLE meant(CK_OBJECT_HANDLE handle) { return handle - (CK_OBJECT_HANDLE)epoch; }
static CK_RV made(CK_RV answer, CK_OBJECT_HANDLE* handle) {
  if (answer == 0 && handle != NULL) *handle = shown(*handle);
  return answer;
}

static CK_RV s_Initialize(CK_VOID_PTR args) {
  BEFORE(C_Initialize, NULL);
  return after(real->C_Initialize(args));
}
static CK_RV s_Finalize(CK_VOID_PTR reserved) {
  BEFORE(C_Finalize, NULL);
  pthread_mutex_lock(&sessions_mutex);
  open_count = 0;
  pthread_mutex_unlock(&sessions_mutex);
  return after(real->C_Finalize(reserved));
}
static CK_RV s_GetSlotList(CK_BBOOL present, CK_SLOT_ID* slots, CK_ULONG* count) {
  BEFORE(C_GetSlotList, NULL);
  return after(real->C_GetSlotList(present, slots, count));
}
static CK_RV s_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  BEFORE(C_GetTokenInfo, NULL);
  return after(real->C_GetTokenInfo(slot, info));
}
static CK_RV s_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify, CK_SESSION_HANDLE* session) {
  BEFORE(C_OpenSession, NULL);
  pthread_mutex_lock(&sessions_mutex);
  CK_RV answer = session_count;
  if ((cap < 0 || (long)open_count < cap) && open_count < MOST) answer = real->C_OpenSession(slot, flags, application, notify, session);
  if (answer == 0) open_sessions[open_count++] = *session;
  pthread_mutex_unlock(&sessions_mutex);
  return after(answer);
}
static CK_RV s_CloseSession(CK_SESSION_HANDLE session) {
  BEFORE(C_CloseSession, &session);
  pthread_mutex_lock(&sessions_mutex);
  for (size_t i = 0; i < open_count; i++) {
    if (open_sessions[i] == session) open_sessions[i--] = open_sessions[--open_count];
  }
  pthread_mutex_unlock(&sessions_mutex);
  return after(real->C_CloseSession(session));
}
static CK_RV s_GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO* info) {
  BEFORE(C_GetSessionInfo, &session);
  return after(real->C_GetSessionInfo(session, info));
}
static CK_RV s_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG length) {
  BEFORE(C_Login, &session);
  return after(real->C_Login(session, user, pin, length));
}
static CK_RV s_CreateObject(CK_SESSION_HANDLE session, CK_ATTRIBUTE* attributes, CK_ULONG count, CK_OBJECT_HANDLE* object) {
  BEFORE(C_CreateObject, &session);
  return after(made(real->C_CreateObject(session, attributes, count, object), object));
}
static CK_RV s_DestroyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
  BEFORE(C_DestroyObject, &session);
  return after(real->C_DestroyObject(session, meant(object)));
}
static CK_RV s_GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes, CK_ULONG count) {
  BEFORE(C_GetAttributeValue, &session);
  return after(real->C_GetAttributeValue(session, meant(object), attributes, count));
}
static CK_RV s_SetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes, CK_ULONG count) {
  BEFORE(C_SetAttributeValue, &session);
  return after(real->C_SetAttributeValue(session, meant(object), attributes, count));
}
static CK_RV s_FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE* attributes, CK_ULONG count) {
  BEFORE(C_FindObjectsInit, &session);
  return after(real->C_FindObjectsInit(session, attributes, count));
}
static CK_RV s_FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE* objects, CK_ULONG most, CK_ULONG* count) {
  BEFORE(C_FindObjects, &session);
  const CK_RV answer = real->C_FindObjects(session, objects, most, count);
  for (CK_ULONG i = 0; answer == 0 && i < *count; i++) objects[i] = shown(objects[i]);
  return after(answer);
}
static CK_RV s_FindObjectsFinal(CK_SESSION_HANDLE session) {
  BEFORE(C_FindObjectsFinal, &session);
  return after(real->C_FindObjectsFinal(session));
}
#define BEGINS(name)                                                                                \
  static CK_RV s_##name(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) { \
    BEFORE(C_##name, &session);                                                                     \
    return after(real->C_##name(session, mechanism, meant(key)));                                   \
  }
#define ENDS(name)                                                                                               \
  static CK_RV s_##name(CK_SESSION_HANDLE session, CK_BYTE* data, CK_ULONG size, CK_BYTE* out, CK_ULONG* room) { \
    BEFORE(C_##name, &session);                                                                                  \
    return after(real->C_##name(session, data, size, out, room));                                                \
  }
BEGINS(EncryptInit) BEGINS(DecryptInit) BEGINS(SignInit) BEGINS(VerifyInit) ENDS(Encrypt) ENDS(Decrypt) ENDS(Sign)
static CK_RV s_Verify(CK_SESSION_HANDLE session, CK_BYTE* data, CK_ULONG size, CK_BYTE* signature, CK_ULONG length) {
  BEFORE(C_Verify, &session);
  return after(real->C_Verify(session, data, size, signature, length));
}
static CK_RV s_GenerateKey(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_ATTRIBUTE* attributes, CK_ULONG count,
                           CK_OBJECT_HANDLE* object) {
  BEFORE(C_GenerateKey, &session);
  return after(made(real->C_GenerateKey(session, mechanism, attributes, count, object), object));
}
static CK_RV s_GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_ATTRIBUTE* public_key, CK_ULONG public_count,
                               CK_ATTRIBUTE* private_key, CK_ULONG private_count, CK_OBJECT_HANDLE* public_object,
                               CK_OBJECT_HANDLE* private_object) {
  BEFORE(C_GenerateKeyPair, &session);
  const CK_RV answer = made(real->C_GenerateKeyPair(session, mechanism, public_key, public_count, private_key, private_count,
                                                    public_object, private_object),
                            public_object);
  return after(made(answer, private_object));
}
static CK_RV s_WrapKey(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key,
                       CK_BYTE* out, CK_ULONG* room) {
  BEFORE(C_WrapKey, &session);
  return after(real->C_WrapKey(session, mechanism, meant(wrapping), meant(key), out, room));
}
static CK_RV s_UnwrapKey(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE unwrapping, CK_BYTE* wrapped,
                         CK_ULONG size, CK_ATTRIBUTE* attributes, CK_ULONG count, CK_OBJECT_HANDLE* object) {
  BEFORE(C_UnwrapKey, &session);
  return after(made(real->C_UnwrapKey(session, mechanism, meant(unwrapping), wrapped, size, attributes, count, object), object));
}
static CK_RV s_DeriveKey(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE base, CK_ATTRIBUTE* attributes,
                         CK_ULONG count, CK_OBJECT_HANDLE* object) {
  BEFORE(C_DeriveKey, &session);
  return after(made(real->C_DeriveKey(session, mechanism, meant(base), attributes, count, object), object));
}
static CK_RV s_GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE* out, CK_ULONG size) {
  BEFORE(C_GenerateRandom, &session);
  return after(real->C_GenerateRandom(session, out, size));
}

static void load(void) {
  Dl_info about;
  if (dladdr((const void*)load, &about) == 0 || realpath(about.dli_fname, path) == NULL) abort();
  char file[4200], module[4096] = "";
  snprintf(file, sizeof file, "%s.module", path);
  FILE* const in = fopen(file, "r");
  if (in == NULL || fgets(module, sizeof module, in) == NULL) abort();
  fclose(in);
  void* const library = dlopen(module, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  if (library == NULL) abort();
  const CK_C_GetFunctionList get = (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
  if (get == NULL || get(&real) != 0) abort();
  snprintf(file, sizeof file, "%s.counts", path);
  const int counting = open(file, O_RDWR);
  if (counting < 0) abort();
  counts = mmap(NULL, function_count * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, counting, 0);
  close(counting);
  if (counts == MAP_FAILED) abort();
  ours = *real;
#define REPLACE(name) ours.C_##name = s_##name;
  REPLACE(Initialize) REPLACE(Finalize) REPLACE(GetSlotList) REPLACE(GetTokenInfo) REPLACE(OpenSession) REPLACE(CloseSession)
  REPLACE(GetSessionInfo) REPLACE(Login) REPLACE(CreateObject) REPLACE(DestroyObject) REPLACE(GetAttributeValue)
  REPLACE(SetAttributeValue) REPLACE(FindObjectsInit) REPLACE(FindObjects) REPLACE(FindObjectsFinal) REPLACE(EncryptInit)
  REPLACE(Encrypt) REPLACE(DecryptInit) REPLACE(Decrypt) REPLACE(SignInit) REPLACE(Sign) REPLACE(VerifyInit) REPLACE(Verify)
  REPLACE(GenerateKey) REPLACE(GenerateKeyPair) REPLACE(WrapKey) REPLACE(UnwrapKey) REPLACE(DeriveKey) REPLACE(GenerateRandom)
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  *list = &ours;
  return 0;
}
