{
  'targets': [
    {
      'target_name': 'limits',
      'sources': ['limits.cc', 'pkcs11_loop.cc'],
      # tools/limits.mjs builds a copy of this folder in .cache, which lies as deep.
      'include_dirs': ['../../native', "<!(node -p \"require('node-addon-api').include_dir\")"],
      'defines': ['NAPI_VERSION=9', 'NODE_ADDON_API_CPP_EXCEPTIONS_ALL'],
      'cflags!': ['-fno-exceptions'],
      'cflags_cc!': ['-fno-exceptions', '-std=gnu++17', '-std=gnu++20'],
      'cflags_cc': ['-std=c++17', '-O2', '-fexceptions', '-Wall', '-Wextra'],
    },
  ],
}
