import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { getHeapSnapshot } from 'node:v8'
import t from 'tap'
import { native } from '../../lib/native/index.js'
import { empty } from './support.js'

const index = new URL('../../lib/native/index.js', import.meta.url).href

function run(script: string, prefix: readonly string[] = []) {
  const text = `const { native } = await import(${JSON.stringify(index)})\n${script}`
  const [command, ...rest] = [...prefix, process.execPath, '--input-type=module', '-e', text]
  return spawnSync(command as string, rest, { encoding: 'utf8' })
}

/** Without CAP_IPC_LOCK, which root has and which knows no limit. */
const limited = (kilobytes: number) => [
  'bash',
  '-c',
  `ulimit -l ${kilobytes} && exec setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock "$@"`,
  'bash',
]

t.test('key memory is locked, left out of core dumps and wiped in a fork', async (t) => {
  const key = native.generateSecret('AES', 256)
  const areas = readFileSync('/proc/self/smaps', 'utf8').split(/(?=^[0-9a-f]+-[0-9a-f]+ )/m)
  const ours = areas.filter((area) => /^VmFlags:(?=.* dd)(?=.* wf)/m.test(area))
  t.ok(ours.length > 0, 'there are areas marked dd (DONTDUMP) and wf (WIPEONFORK)')
  t.ok(
    ours.every((area) => /^VmFlags:.* lo/m.test(area)),
    'all of them are locked',
  )
  key.dispose()
})

t.test(
  'required or preferred: what happens beyond the limit',
  { skip: limitsWork() ? false : 'setpriv cannot drop CAP_IPC_LOCK here' },
  async (t) => {
    const script = (mode: string) => `
    let code = 'none'
    try {
      native.setMemoryLock('${mode}')
      globalThis.keys = Array.from({ length: 40000 }, () => native.generateSecret('AES', 256))
    } catch (error) { code = error.code }
    console.log(code)`
    for (const [mode, kilobytes, expected] of [
      ['required', 8192, 'none'],
      ['required', 512, 'MORTISE_MEMORY_LOCK_FAILED'],
      ['required', 0, 'MORTISE_MEMORY_LOCK_FAILED'],
      ['preferred', 512, 'none'],
      ['preferred', 0, 'none'],
    ] as const) {
      const child = run(script(mode), limited(kilobytes))
      t.equal(child.stdout.trim(), expected, `${mode} with ${kilobytes} KiB ${child.stderr}`)
    }
  },
)

function limitsWork(): boolean {
  return spawnSync('setpriv', ['--bounding-set=-ipc_lock', '--inh-caps=-ipc_lock', 'true']).status === 0
}

t.test('memory for keys is given back', async (t) => {
  const locked = () => Number(/^VmLck:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
  const before = locked()
  const keys = Array.from({ length: 20_000 }, () => native.generateSecret('HMAC', 1024))
  t.ok(locked() - before > 2000, 'it was taken')
  for (const key of keys) key.dispose()
  t.ok(locked() - before < 200, 'and given back')
})

t.test('key bytes are not in the JavaScript heap', async (t) => {
  const secret = native.generateSecret('AES', 256)
  const { privateKey } = await native.generateKeyPair('Ed25519', null)
  native.openKey(secret, native.sealKey(secret, privateKey, empty), empty)
  const control = native.exportKey(native.generateSecret('AES', 256)).toString('hex')
  const chunks: Buffer[] = []
  await pipeline(getHeapSnapshot(), async (source) => {
    for await (const chunk of source) chunks.push(Buffer.from(chunk))
  })
  const snapshot = Buffer.concat(chunks)
  t.ok(snapshot.includes(control), 'the control, which is in the heap, is found')
  const forms = ['hex', 'base64', 'base64url', 'latin1'] as const
  for (const raw of [native.exportKey(secret), native.exportKey(privateKey).subarray(-32)]) {
    for (const form of forms) t.notOk(snapshot.includes(raw.toString(form)), form)
  }
})

t.test('hardenProcess makes the process undumpable', async (t) => {
  const child = run(`
    native.hardenProcess()
    const { readFileSync, statSync } = await import('node:fs')
    console.log(/^Max core file size\\s+(\\S+)\\s+(\\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')).slice(1).join())`)
  // Its /proc belongs to root then; one who is not root cannot read the limits at all.
  t.equal(child.stdout.trim(), '0,0', child.stderr)
})

t.test('the mode of the lock is one of two', async (t) => {
  t.throws(() => native.setMemoryLock('sometimes' as 'required'), { code: 'MORTISE_INPUT_INVALID' })
  native.setMemoryLock('preferred')
})
