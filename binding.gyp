{
  'targets': [
    {
      'target_name': 'mortise',
      'sources': ['<!@(cat native/sources.txt native/node_sources.txt)'],
      'include_dirs': ['native', "<!(node -p \"require('node-addon-api').include_dir\")"],
      'defines': [
        'NAPI_VERSION=9',
        'NODE_ADDON_API_CPP_EXCEPTIONS_ALL',
        'NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED',
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
      ],
      'cflags!': ['-fno-exceptions'],
      'cflags_cc!': ['-fno-exceptions', '-std=gnu++17', '-std=gnu++20'],
      'cflags_cc': [
        '-std=c++17',
        '-O2',
        '-fexceptions',
        '-fvisibility=hidden',
        '-fstack-protector-strong',
        '-Wall',
        '-Wextra',
      ],
      'configurations': {
        'Release': {'defines': ['_FORTIFY_SOURCE=2']},
      },
      # nodelete: Node unloads an add-on with the last worker that has it, and with it would go what threads and other workers
      # share: the pages of keys, the registry of leases, the threads of the core.
      'ldflags': ['-Wl,-z,relro,-z,now,-z,noexecstack,-z,nodelete'],
    },
  ],
}
