// The C++ under sanitizers: the add-on inside Node with ASan, LSan and UBSan, its core alone with those and with TSan.

import { join } from 'node:path'
import { compiler, need, nodeGyp } from './machine.mjs'
import { Failure, jobs, root, run, step } from './process.mjs'
import { stage } from './stage.mjs'
import { filesOf } from './stamp.mjs'
import { test } from './tests.mjs'

/**
 * ASan makes mlock do nothing and keeps what was freed, and a test of how the add-on is found cannot be told where it is. Every
 * process runs the self-tests; to break each of their vectors takes hundreds.
 */
const unfit = /(memory|leaks|binding|selftest)\.test\.ts$/

export async function testSanitized() {
  console.log('\nthe add-on under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer')
  const addon = await testAddon()
  const sum = { passed: addon.passed, failed: addon.failed }
  // Node keeps much until its end: only by itself the core shows that it forgets nothing.
  for (const [sanitize, title] of [
    ['address', 'AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer'],
    ['thread', 'ThreadSanitizer'],
  ]) {
    console.log(`\nthe core under ${title}`)
    const core = await testCore(sanitize)
    sum.passed += core.passed
    sum.failed += core.failed
  }
  return sum
}

async function testAddon() {
  await need(compiler)
  const folder = stage('asan')
  const sanitize = '-fsanitize=address,undefined -fno-sanitize-recover=all'
  const { args, env } = nodeGyp(process.execPath, 'rebuild', '--release')
  await step('compiling the add-on with ASan and UBSan', process.execPath, args, {
    cwd: folder,
    env: { ...env, JOBS: 'max', CXXFLAGS: `${sanitize} -fno-omit-frame-pointer -g`, LDFLAGS: sanitize },
  })
  const paths = filesOf('test/00-native').filter((file) => file.endsWith('.test.ts') && !unfit.test(file))
  return await test(paths, {
    // LeakSanitizer reads the memory of threads that are ending, and sometimes dies of it.
    again: /LeakSanitizer has encountered a fatal error/,
    env: {
      MORTISE_PREBUILD: folder,
      LD_PRELOAD: `${await library('libasan.so')} ${await library('libubsan.so')}`,
      LSAN_OPTIONS: `suppressions=${join(root, 'tools/leaks.supp')}:print_suppressions=0`,
      UBSAN_OPTIONS: 'print_stacktrace=1',
    },
  })
}

/** Node is not linked with the sanitizers' libraries: they are loaded before it. */
async function library(name) {
  const { stdout, code } = await run('g++', [`-print-file-name=${name}`])
  const path = stdout.trim()
  if (code !== 0 || path === name) throw new Failure(`g++ comes without ${name}`)
  return path
}

async function testCore(sanitize) {
  await need([...compiler, 'cmake', 'libssl-dev'])
  const folder = join(root, `.cache/core-${sanitize}`)
  await step('configuring the core', 'cmake', [
    `-S${root}`,
    `-B${folder}`,
    '-DMORTISE_CORE=ON',
    `-DMORTISE_SANITIZE=${sanitize}`,
    '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
  ])
  await step('compiling the core', 'cmake', ['--build', folder, '--parallel', String(jobs)])
  const child = await run('ctest', ['--test-dir', folder, '--output-on-failure', '--no-tests=error'], {
    env: { ASAN_OPTIONS: 'detect_leaks=1' },
  })
  console.log(child.output)
  const [, failed, total] = child.output.match(/(\d+) tests? failed out of (\d+)/) ?? [0, 1, 1]
  return { passed: total - failed, failed: Math.max(Number(failed), child.code === 0 ? 0 : 1) }
}
