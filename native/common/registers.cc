#include "common/registers.h"

namespace mortise {

#if defined(__x86_64__)

namespace {

void WipeUpper() {
  asm volatile(
      "vpxord %zmm16, %zmm16, %zmm16\n vpxord %zmm17, %zmm17, %zmm17\n"
      "vpxord %zmm18, %zmm18, %zmm18\n vpxord %zmm19, %zmm19, %zmm19\n"
      "vpxord %zmm20, %zmm20, %zmm20\n vpxord %zmm21, %zmm21, %zmm21\n"
      "vpxord %zmm22, %zmm22, %zmm22\n vpxord %zmm23, %zmm23, %zmm23\n"
      "vpxord %zmm24, %zmm24, %zmm24\n vpxord %zmm25, %zmm25, %zmm25\n"
      "vpxord %zmm26, %zmm26, %zmm26\n vpxord %zmm27, %zmm27, %zmm27\n"
      "vpxord %zmm28, %zmm28, %zmm28\n vpxord %zmm29, %zmm29, %zmm29\n"
      "vpxord %zmm30, %zmm30, %zmm30\n vpxord %zmm31, %zmm31, %zmm31");
}

}  // namespace

void WipeRegisters() {
  // Code for every x86-64 uses none above 15, so that the compiler need not know of them.
  if (__builtin_cpu_supports("avx512f")) WipeUpper();
  if (__builtin_cpu_supports("avx")) {
    asm volatile("vzeroall" ::: "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                 "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  }
}

#elif defined(__aarch64__)

void WipeRegisters() {
  asm volatile(
      "movi v0.2d, #0\n movi v1.2d, #0\n movi v2.2d, #0\n movi v3.2d, #0\n"
      "movi v4.2d, #0\n movi v5.2d, #0\n movi v6.2d, #0\n movi v7.2d, #0\n"
      "movi v16.2d, #0\n movi v17.2d, #0\n movi v18.2d, #0\n movi v19.2d, #0\n"
      "movi v20.2d, #0\n movi v21.2d, #0\n movi v22.2d, #0\n movi v23.2d, #0\n"
      "movi v24.2d, #0\n movi v25.2d, #0\n movi v26.2d, #0\n movi v27.2d, #0\n"
      "movi v28.2d, #0\n movi v29.2d, #0\n movi v30.2d, #0\n movi v31.2d, #0" ::
          : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24",
            "v25", "v26", "v27", "v28", "v29", "v30", "v31");
}

#else

void WipeRegisters() {}

#endif

}  // namespace mortise
