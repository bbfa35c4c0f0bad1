// Runs the compiled test files, some at a time. They are tap files, each its own program, and are run bare: tap's runner
// would load its transpiler into every process and worker thread, which makes a worker of ours start 40 times slower.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { wish } from './machine.mjs'
import { fetchPackage } from './packages.mjs'
import { eachOf, Failure, jobs, root, run, say } from './process.mjs'
import { filesOf } from './stamp.mjs'

const usualSeconds = 600
/** What each file took the last time. */
const timesFile = join(root, '.cache/test-seconds.json')

/** Debian packages that some test files are better with; without them they say what they have skipped. */
const wishes = {
  'test/35-hsm/01.softhsm.test.ts': ['softhsm2'],
  'test/35-hsm/02.nss.test.ts': ['libnss3', 'libnss3-tools'],
  'test/35-hsm/03.return_codes.test.ts': ['softhsm2'],
  'test/35-hsm/04.faults.test.ts': ['softhsm2'],
  'test/35-hsm/05.hangs.test.ts': ['softhsm2', 'opensc'],
  'test/35-hsm/06.remote.test.ts': ['softhsm2', 'p11-kit', 'p11-kit-modules'],
  'test/35-hsm/07.tpm.test.ts': [
    ...['libtpm2-pkcs11-1', 'libtpm2-pkcs11-tools', 'swtpm', 'libtss2-tcti-swtpm0'],
    ...['tpm2-abrmd', 'libtss2-tcti-tabrmd0', 'dbus-daemon', 'dbus-bin'],
  ],
  'test/35-hsm/20.providers.test.ts': ['softhsm2'],
  'test/35-hsm/21.keys.test.ts': ['softhsm2', 'opensc'],
  'test/35-hsm/22.root_key.test.ts': ['softhsm2', 'opensc'],
  'test/35-hsm/23.faces.test.ts': ['softhsm2'],
  'test/35-hsm/24.signing.test.ts': ['softhsm2'],
  'test/35-hsm/25.command_line.test.ts': ['softhsm2', 'opensc'],
  'test/35-hsm/26.pulled.test.ts': ['softhsm2'],
  'test/crash/kill9.test.ts': ['softhsm2'],
  'test/50-access/30.ldap.test.ts': ['slapd'],
  'test/80-server/30.directories.test.ts': ['slapd'],
  'test/80-server/31.client_certificates.test.ts': ['curl'],
  'test/80-server/32.own_tls.test.ts': ['curl'],
  'test/70-faces/30.browser_passkeys.test.ts': ['chromium'],
  'test/70-faces/78.keyservice_browser.test.ts': ['chromium'],
  'test/70-faces/50.ciphertrust_client.test.ts': ['python3-requests'],
  'test/70-faces/57.ciphertrust_playbook.test.ts': ['python3-requests'],
  'test/70-faces/59.ciphertrust_keys.test.ts': ['python3-requests'],
  'test/70-faces/65.pykmip_client.test.ts': ['python3-pykmip'],
  'test/70-faces/71.kmip_import.test.ts': ['python3-pykmip'],
  'test/70-faces/31.client_certificates.test.ts': ['curl'],
}

/** Clients of others that are no dependencies of ours, for their licences: fetched for a test file, which says so where they are missing. */
const clients = { 'test/70-faces/69.cosmian_client.test.ts': ['cloudproof_kms_js', '4.0.0'] }

/**
 * @param {string[]} paths test files or folders, as they are called in the sources; none for all
 * @param {{ node?: string, env?: Record<string, string>, seconds?: number, again?: RegExp }} [on] another Node, further environment,
 *   what a file may take, and what a tool says that has itself died under a file: it is run once more
 */
export async function test(paths, { node = process.execPath, env = {}, seconds = usualSeconds, again } = {}) {
  const times = existsSync(timesFile) ? JSON.parse(readFileSync(timesFile, 'utf8')) : {}
  const files = slowestFirst(select(paths), times)
  await wish([...new Set(files.flatMap((file) => wishes[file] ?? []))])
  for (const file of files.filter((file) => file in clients)) {
    try {
      await fetchPackage(...clients[file])
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      say(error.message)
    }
  }
  const sum = { passed: 0, failed: 0, skipped: 0 }
  say(`${files.length} test files, ${jobs} at a time, ${node === process.execPath ? process.version : node}`)
  await eachOf(files, async (file) => {
    const started = Date.now()
    const result = await testFile(file, node, env, seconds, again)
    times[file] = (Date.now() - started) / 1000
    for (const count of Object.keys(sum)) sum[count] += result[count]
  })
  mkdirSync(dirname(timesFile), { recursive: true })
  writeFileSync(timesFile, JSON.stringify(times))
  if (sum.skipped > 0) console.log(`${sum.skipped} skipped, for the reasons above`)
  return sum
}

/** Every test file, as it is called in the sources. */
export function testFiles() {
  return filesOf('test').filter((file) => file.endsWith('.test.ts'))
}

/**
 * A slow file that begins last leaves the other processors idle. What was never run comes first, and of that the end of the
 * book: there are the tests that start processes.
 */
function slowestFirst(files, times) {
  const secondsOf = (file) => times[file] ?? Number.MAX_SAFE_INTEGER
  return files.toReversed().sort((a, b) => secondsOf(b) - secondsOf(a))
}

function select(paths) {
  const all = testFiles()
  const wanted = paths.map((path) => path.replace(/^\.\//, '').replace(/\/$/, ''))
  const found = all.filter((file) => wanted.length === 0 || wanted.some((path) => file.startsWith(path)))
  if (found.length === 0) throw new Failure(`no test file begins with ${paths.join(' or ')}`)
  return found
}

async function testFile(file, node, env, seconds, again) {
  const started = Date.now()
  const program = join(root, 'dist', file.replace(/\.ts$/, '.js'))
  const runFile = () =>
    run(node, ['--enable-source-maps', program], {
      env: { ...env, TAP: '1', TAP_TIMEOUT: String(seconds) },
      timeout: (seconds + 30) * 1000,
    })
  let child = await runFile()
  if (again?.test(child.output)) {
    console.log(`again  ${file}: ${child.output.match(again)[0]}`)
    child = await runFile()
  }
  const result = count(child)
  const took = ((Date.now() - started) / 1000).toFixed(1)
  const counts = `${result.passed} passed${result.failed > 0 ? `, ${result.failed} failed` : ''}`
  console.log(`${result.failed > 0 ? 'FAILED' : 'ok    '} ${file}: ${counts} (${took} s)`)
  if (result.failed > 0) console.log(`${child.output}\n${child.code === 0 ? '' : `(${child.reason})\n`}`)
  for (const reason of new Set(result.reasons)) console.log(`       skipped: ${reason}`)
  return result
}

/** tap's own totals; a file that dies or ends badly without a failed assertion has one. */
function count({ code, stdout }) {
  const totals = stdout.match(/^# (\{ total: .*\})$/m)?.[1] ?? ''
  const of = (name) => Number(totals.match(new RegExp(`\\b${name}: (\\d+)`))?.[1] ?? 0)
  const reasons = [...stdout.matchAll(/^ *(?:not )?ok \d+(.*) # (?:SKIP|TODO) ?(.*)$/gm)].map(
    ([, name, why]) => `${name.replace(/^ - /, '').trim()}${why ? `: ${why}` : ''}`,
  )
  const silent = totals === '' || code !== 0
  return {
    passed: of('pass'),
    failed: Math.max(of('fail'), silent ? 1 : 0),
    skipped: of('skip') + of('todo'),
    reasons,
  }
}
