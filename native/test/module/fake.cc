// A PKCS#11 module of two HMAC keys that are numbers, for the pool's own test: it forgets its sessions, renumbers its objects, fails and hangs when
// it is told to.
#include <atomic>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>

#include "pkcs11/mechanisms.h"
#include "pkcs11/return_codes.h"

using namespace mortise::pkcs11;

// What the test turns. The epoch numbers the objects.
extern "C" {
__attribute__((visibility("default"))) std::atomic<CK_RV> fake_failure{CKR_OK};
__attribute__((visibility("default"))) std::atomic<unsigned> fake_every{0};
__attribute__((visibility("default"))) std::atomic<bool> fake_hangs{false};
__attribute__((visibility("default"))) std::atomic<unsigned> fake_epoch{0};
}

namespace {

std::mutex mutex;
bool initialized = false;
std::set<CK_SESSION_HANDLE> sessions;
CK_SESSION_HANDLE last_session = 0;
unsigned epoch = 0;
std::atomic<unsigned> calls{0};
thread_local CK_OBJECT_HANDLE key = 0;
thread_local CK_OBJECT_HANDLE found = 0;

CK_RV Enter(const CK_SESSION_HANDLE* session) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (!initialized) return CKR_CRYPTOKI_NOT_INITIALIZED;
  if (fake_epoch != epoch) {
    epoch = fake_epoch;
    sessions.clear();
  }
  if (session != nullptr && sessions.count(*session) == 0) return CKR_SESSION_HANDLE_INVALID;
  return CKR_OK;
}

// Objects are 1 and 2, shifted by the epoch.
int Object(CK_OBJECT_HANDLE handle) {
  const std::lock_guard<std::mutex> lock(mutex);
  return static_cast<int>(handle - epoch);
}

CK_RV Initialize(void*) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (initialized) return CKR_CRYPTOKI_ALREADY_INITIALIZED;
  initialized = true;
  return CKR_OK;
}

CK_RV Finalize(void*) {
  const std::lock_guard<std::mutex> lock(mutex);
  initialized = false;
  sessions.clear();
  return CKR_OK;
}

CK_RV GetInfo(CK_INFO* info) {
  memset(info, 0, sizeof *info);
  return CKR_OK;
}

CK_RV GetSlotList(CK_BBOOL, CK_SLOT_ID* slots, CK_ULONG* count) {
  const CK_RV answer = Enter(nullptr);
  if (answer != CKR_OK) return answer;
  slots[0] = 7;
  *count = 1;
  return CKR_OK;
}

CK_RV GetTokenInfo(CK_SLOT_ID, CK_TOKEN_INFO* info) {
  memset(info, ' ', sizeof *info);
  memcpy(info->label, "fake", 4);
  info->flags = CKF_TOKEN_INITIALIZED;
  info->ulMaxSessionCount = info->ulMaxRwSessionCount = 0;
  return Enter(nullptr);
}

CK_RV GetMechanismList(CK_SLOT_ID, CK_MECHANISM_TYPE* types, CK_ULONG* count) {
  types[0] = CKM_SHA256_HMAC;
  *count = 1;
  return CKR_OK;
}

CK_RV GetMechanismInfo(CK_SLOT_ID, CK_MECHANISM_TYPE, CK_MECHANISM_INFO* info) {
  *info = {8, 4096, CKF_SIGN};
  return CKR_OK;
}

CK_RV OpenSession(CK_SLOT_ID, CK_FLAGS, void*, CK_NOTIFY, CK_SESSION_HANDLE* session) {
  const CK_RV answer = Enter(nullptr);
  if (answer != CKR_OK) return answer;
  const std::lock_guard<std::mutex> lock(mutex);
  sessions.insert(*session = ++last_session);
  return CKR_OK;
}

CK_RV CloseSession(CK_SESSION_HANDLE session) {
  const std::lock_guard<std::mutex> lock(mutex);
  return sessions.erase(session) == 1 ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
}

CK_RV GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO* info) {
  *info = {7, CKS_RW_USER_FUNCTIONS, 0, 0};
  return Enter(&session);
}

CK_RV FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE* attributes, CK_ULONG count) {
  const CK_RV answer = Enter(&session);
  if (answer != CKR_OK) return answer;
  found = 0;
  for (CK_ULONG i = 0; i < count; i++) {
    if (attributes[i].type == CKA_ID) found = *static_cast<const uint8_t*>(attributes[i].pValue);
  }
  return CKR_OK;
}

CK_RV FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE* objects, CK_ULONG, CK_ULONG* count) {
  const CK_RV answer = Enter(&session);
  if (answer != CKR_OK) return answer;
  *count = found == 1 || found == 2 ? 1 : 0;
  const std::lock_guard<std::mutex> lock(mutex);
  if (*count == 1) objects[0] = found + epoch;
  found = 0;
  return CKR_OK;
}

CK_RV FindObjectsFinal(CK_SESSION_HANDLE session) { return Enter(&session); }

CK_RV GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes, CK_ULONG count) {
  const CK_RV answer = Enter(&session);
  if (answer != CKR_OK) return answer;
  const uint8_t id = static_cast<uint8_t>(Object(object));
  if (id != 1 && id != 2) return CKR_OBJECT_HANDLE_INVALID;
  for (CK_ULONG i = 0; i < count; i++) {
    const auto put = [&](const void* value, CK_ULONG size) {
      memcpy(attributes[i].pValue, value, size);
      attributes[i].ulValueLen = size;
    };
    const CK_ULONG object_class = CKO_SECRET_KEY, type = CKK_GENERIC_SECRET, length = 32;
    const uint8_t check[3] = {id, id, id};
    switch (attributes[i].type) {
      case CKA_CLASS: put(&object_class, sizeof object_class); break;
      case CKA_KEY_TYPE: put(&type, sizeof type); break;
      case CKA_VALUE_LEN: put(&length, sizeof length); break;
      case CKA_ID: put(&id, 1); break;
      case CKA_CHECK_VALUE: put(check, 3); break;
      default: attributes[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
    }
  }
  return CKR_ATTRIBUTE_TYPE_INVALID;
}

CK_RV SignInit(CK_SESSION_HANDLE session, CK_MECHANISM*, CK_OBJECT_HANDLE object) {
  const CK_RV answer = Enter(&session);
  if (answer != CKR_OK) return answer;
  const unsigned every = fake_every;
  if (every > 0 && ++calls % every == 0) return fake_failure;
  while (fake_hangs) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  key = static_cast<CK_OBJECT_HANDLE>(Object(object));
  return key == 1 || key == 2 ? CKR_OK : CKR_KEY_HANDLE_INVALID;
}

// The number of the key, 32 times.
CK_RV Sign(CK_SESSION_HANDLE session, CK_BYTE*, CK_ULONG, CK_BYTE* out, CK_ULONG* size) {
  const CK_RV answer = Enter(&session);
  if (answer != CKR_OK) return answer;
  if (*size < 32) return CKR_BUFFER_TOO_SMALL;
  memset(out, static_cast<int>(key), *size = 32);
  return CKR_OK;
}

CK_RV CreateObject(CK_SESSION_HANDLE, CK_ATTRIBUTE*, CK_ULONG, CK_OBJECT_HANDLE*) { return CKR_FUNCTION_NOT_SUPPORTED; }

}  // namespace

extern "C" __attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  static CK_FUNCTION_LIST functions = {};
  functions.version = {2, 40};
  functions.C_Initialize = Initialize;
  functions.C_Finalize = Finalize;
  functions.C_GetInfo = GetInfo;
  functions.C_GetSlotList = GetSlotList;
  functions.C_GetTokenInfo = GetTokenInfo;
  functions.C_GetMechanismList = GetMechanismList;
  functions.C_GetMechanismInfo = GetMechanismInfo;
  functions.C_OpenSession = OpenSession;
  functions.C_CloseSession = CloseSession;
  functions.C_GetSessionInfo = GetSessionInfo;
  functions.C_FindObjectsInit = FindObjectsInit;
  functions.C_FindObjects = FindObjects;
  functions.C_FindObjectsFinal = FindObjectsFinal;
  functions.C_GetAttributeValue = GetAttributeValue;
  functions.C_SignInit = SignInit;
  functions.C_Sign = Sign;
  functions.C_CreateObject = CreateObject;
  *list = &functions;
  return CKR_OK;
}
