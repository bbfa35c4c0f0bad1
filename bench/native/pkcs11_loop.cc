// What a token allows: threads that each have a session and call it in the shortest loop, the key's handle being kept.
#include "pkcs11_loop.h"

#include <dlfcn.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "pkcs11/cryptoki.h"

namespace mortise::bench {
namespace {

constexpr CK_MECHANISM_TYPE kEcdsa = 0x1041;
constexpr CK_MECHANISM_TYPE kSha256RsaPkcs = 0x40;
constexpr CK_MECHANISM_TYPE kAesGcm = 0x1087;

void Demand(Napi::Env env, bool done, const char* what) {
  if (!done) throw Napi::Error::New(env, std::string("the token refuses ") + what);
}

// One of ECDSA, RSA and GCM with one key: (module, label of the token, label of the key, what, threads). The module is initialised, and
// the user logged in, by whoever is measured against it.
class Pkcs11Loop : public Napi::ObjectWrap<Pkcs11Loop> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Pkcs11Loop", {InstanceMethod<&Pkcs11Loop::Run>("run"), InstanceMethod<&Pkcs11Loop::Close>("close")});
  }

  explicit Pkcs11Loop(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    const Napi::Env env = info.Env();
    const std::string module = info[0].ToString();
    const std::string token = info[1].ToString();
    const std::string label = info[2].ToString();
    what_ = info[3].ToString();
    void* const library = dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    const auto get = library == nullptr ? nullptr : reinterpret_cast<CK_C_GetFunctionList>(dlsym(library, "C_GetFunctionList"));
    CK_FUNCTION_LIST* functions = nullptr;
    Demand(env, get != nullptr && get(&functions) == 0, "to be loaded");
    functions_ = functions;
    const CK_SLOT_ID slot = SlotOf(env, token);
    for (uint32_t i = 0; i < info[4].ToNumber().Uint32Value(); i++) {
      CK_SESSION_HANDLE session = 0;
      Demand(env, functions_->C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &session) == 0, "a session");
      sessions_.push_back(session);
    }
    key_ = KeyOf(env, label);
  }

 private:
  CK_SLOT_ID SlotOf(Napi::Env env, const std::string& label) {
    CK_SLOT_ID slots[64];
    CK_ULONG count = 64;
    Demand(env, functions_->C_GetSlotList(CK_TRUE, slots, &count) == 0, "a list of slots");
    for (CK_ULONG i = 0; i < count; i++) {
      CK_TOKEN_INFO token = {};
      if (functions_->C_GetTokenInfo(slots[i], &token) != 0) continue;
      const std::string padded(reinterpret_cast<const char*>(token.label), sizeof token.label);
      if (padded.substr(0, padded.find_last_not_of(' ') + 1) == label) return slots[i];
    }
    throw Napi::Error::New(env, "there is no such token");
  }

  CK_OBJECT_HANDLE KeyOf(Napi::Env env, const std::string& label) {
    CK_OBJECT_CLASS kind = what_ == "GCM" ? CKO_SECRET_KEY : CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &kind, sizeof kind}, {CKA_LABEL, const_cast<char*>(label.data()), label.size()}};
    CK_OBJECT_HANDLE key = 0;
    CK_ULONG found = 0;
    const CK_SESSION_HANDLE session = sessions_.at(0);
    const bool done = functions_->C_FindObjectsInit(session, wanted, 2) == 0 && functions_->C_FindObjects(session, &key, 1, &found) == 0 &&
                      functions_->C_FindObjectsFinal(session) == 0;
    Demand(env, done && found == 1, "to find the key");
    return key;
  }

  // So many by each thread; blocks. Says how many in all.
  Napi::Value Run(const Napi::CallbackInfo& info) {
    const uint32_t each = info[0].ToNumber().Uint32Value();
    std::atomic<bool> failed{false};
    std::vector<std::thread> threads;
    for (const CK_SESSION_HANDLE session : sessions_) {
      threads.emplace_back([&, session] {
        for (uint32_t i = 0; i < each && !failed; i++) {
          if (!Once(session)) failed = true;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    Demand(info.Env(), !failed, "to go on");
    return Napi::Number::New(info.Env(), static_cast<double>(each * sessions_.size()));
  }

  bool Once(CK_SESSION_HANDLE session) {
    CK_BYTE data[1024] = {};
    CK_BYTE out[1280];
    CK_ULONG size = sizeof out;
    if (what_ == "GCM") {
      CK_BYTE iv[12];
      if (functions_->C_GenerateRandom(session, iv, sizeof iv) != 0) return false;
      CK_GCM_PARAMS parameters = {iv, sizeof iv, 96, nullptr, 0, 128};
      CK_MECHANISM mechanism = {kAesGcm, &parameters, sizeof parameters};
      return functions_->C_EncryptInit(session, &mechanism, key_) == 0 &&
             functions_->C_Encrypt(session, data, sizeof data, out, &size) == 0;
    }
    CK_MECHANISM mechanism = {what_ == "RSA" ? kSha256RsaPkcs : kEcdsa, nullptr, 0};
    return functions_->C_SignInit(session, &mechanism, key_) == 0 && functions_->C_Sign(session, data, 32, out, &size) == 0;
  }

  void Close(const Napi::CallbackInfo&) {
    for (const CK_SESSION_HANDLE session : sessions_) functions_->C_CloseSession(session);
    sessions_.clear();
  }

  std::string what_;
  const CK_FUNCTION_LIST* functions_ = nullptr;
  std::vector<CK_SESSION_HANDLE> sessions_;
  CK_OBJECT_HANDLE key_ = 0;
};

}  // namespace

void ExportPkcs11Loop(Napi::Env env, Napi::Object exports) { exports.Set("Pkcs11Loop", Pkcs11Loop::Define(env)); }

}  // namespace mortise::bench
