#pragma once

#include <napi.h>

namespace mortise::bench {

void ExportPkcs11Loop(Napi::Env env, Napi::Object exports);

}  // namespace mortise::bench
