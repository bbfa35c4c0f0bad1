// Real tokens for the tests, each in a folder that goes with the test, and the shim in front of them.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Pkcs11Options } from '../../lib/native/index.js'
import { packageRoot } from '../support/package_root.js'
import {
  securityOfficerPin,
  softhsmConfiguration,
  softhsmIsThere,
  softhsmModule,
  userPin,
} from '../support/softhsm.js'

function firstThere(...paths: string[]): string {
  return paths.find((path) => existsSync(path)) ?? ''
}

const softokn = firstThere(
  '/usr/lib/x86_64-linux-gnu/libsoftokn3.so',
  '/usr/lib/aarch64-linux-gnu/libsoftokn3.so',
)
const remoting = firstThere(
  '/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so',
  '/usr/lib/aarch64-linux-gnu/pkcs11/p11-kit-client.so',
)

const tpmModule = firstThere(
  '/usr/lib/x86_64-linux-gnu/pkcs11/libtpm2_pkcs11.so',
  '/usr/lib/aarch64-linux-gnu/pkcs11/libtpm2_pkcs11.so',
)

/** Why a token is not here; false where it is. */
export const noSoftHsm = !softhsmIsThere && 'softhsm2 is not installed'
export const noOpenSc = noSoftHsm || (!existsSync('/usr/bin/pkcs11-tool') && 'opensc is not installed')
export const noNss =
  (softokn === '' || !existsSync('/usr/bin/certutil')) && 'libnss3 or libnss3-tools is not installed'
export const noRemoting =
  noSoftHsm || ((remoting === '' || !existsSync('/usr/bin/p11-kit')) && 'p11-kit is not installed')
const tpmPrograms = ['/usr/bin/swtpm', '/usr/bin/tpm2_ptool', '/usr/sbin/tpm2-abrmd', '/usr/bin/dbus-send']
export const noTpm =
  (tpmModule === '' || !tpmPrograms.every((program) => existsSync(program))) &&
  'tpm2-pkcs11, swtpm, tpm2-abrmd or dbus is not installed'

export function folder(t: Test): string {
  const made = mkdtempSync(join(tmpdir(), 'mortise-hsm-'))
  t.teardown(() => rmSync(made, { recursive: true, force: true, maxRetries: 5 }))
  return made
}

export type TokenOptions = Pick<Pkcs11Options, 'module' | 'token' | 'pin' | 'initialization'>

/**
 * A token of SoftHSM, empty. The module is a copy, so that another test of this process may have it as well; its configuration is read
 * from the environment when it is initialised.
 */
export function softHsm(t: Test): TokenOptions & { readonly directory: string } {
  const directory = folder(t)
  mkdirSync(join(directory, 'tokens'))
  writeFileSync(join(directory, 'softhsm2.conf'), softhsmConfiguration(directory))
  process.env['SOFTHSM2_CONF'] = join(directory, 'softhsm2.conf')
  execFileSync(
    'softhsm2-util',
    ['--init-token', '--free', '--label', 'test', '--so-pin', securityOfficerPin, '--pin', userPin],
    { stdio: 'pipe' },
  )
  const module = join(directory, 'softhsm.so')
  copyFileSync(softhsmModule, module)
  return { directory, module, token: { label: 'test' }, pin: Buffer.from(userPin) }
}

/** The certificate database of NSS as a token, empty. */
export function nss(t: Test): TokenOptions {
  const directory = folder(t)
  writeFileSync(join(directory, 'pin'), `${userPin}\n`)
  execFileSync('certutil', ['-N', '-d', `sql:${directory}`, '-f', join(directory, 'pin')], { stdio: 'pipe' })
  return {
    module: softokn,
    token: { label: 'NSS Certificate DB' },
    pin: Buffer.from(userPin),
    initialization: `configdir='sql:${directory}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=`,
  }
}

/**
 * A TPM in software as a token, empty; one a process. What it is made of ends with the process: GLib, in the module, ends that when its bus
 * goes away.
 */
export async function tpm(t: Test): Promise<TokenOptions> {
  const directory = folder(t)
  for (const name of ['state', 'store']) mkdirSync(join(directory, name))
  const run = (program: string, ...args: string[]) => execFileSync(program, args, { stdio: 'pipe' })
  const endWith = (pid: number) => process.once('exit', () => process.kill(pid))

  const bus = ['--session', '--fork', `--address=unix:path=${directory}/bus`]
  const [address, busId] = run('dbus-daemon', ...bus, '--print-address=1', '--print-pid=1')
    .toString()
    .split('\n')
  endWith(Number(busId))
  const port = startTpm(directory, run)
  endWith(Number(readFileSync(join(directory, 'pid'), 'utf8')))
  Object.assign(process.env, {
    DBUS_SESSION_BUS_ADDRESS: address,
    TPM2TOOLS_TCTI: 'tabrmd:bus_type=session',
    TPM2_PKCS11_TCTI: 'tabrmd:bus_type=session',
    TPM2_PKCS11_STORE: join(directory, 'store'),
  })
  const manager = ['--allow-root', '--session', `--tcti=swtpm:host=127.0.0.1,port=${port}`]
  const managing = spawn('/usr/sbin/tpm2-abrmd', manager, { stdio: 'ignore' })
  managing.unref()
  endWith(managing.pid as number)
  const isThere = ['org.freedesktop.DBus.NameHasOwner', 'string:com.intel.tss2.Tabrmd']
  const question = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/', ...isThere]
  while (!run('dbus-send', ...question).includes('true')) await new Promise((done) => setTimeout(done, 20))

  run('tpm2_ptool', 'init')
  run(
    'tpm2_ptool',
    'addtoken',
    '--pid=1',
    '--label=tpm',
    `--userpin=${userPin}`,
    `--sopin=${securityOfficerPin}`,
  )
  return { module: tpmModule, token: { label: 'tpm' }, pin: Buffer.from(userPin) }
}

/** On the first two ports, one behind the other, that are free. */
function startTpm(directory: string, run: (program: string, ...args: string[]) => Buffer): number {
  for (let left = 20; ; left--) {
    const port = randomInt(20_000, 30_000)
    const on = (number: number) => `type=tcp,bindaddr=127.0.0.1,port=${number}`
    try {
      run(
        'swtpm',
        ...[
          'socket',
          '--tpm2',
          '--daemon',
          '--pid',
          `file=${directory}/pid`,
          '--tpmstate',
          `dir=${directory}/state`,
        ],
        ...['--server', on(port), '--ctrl', on(port + 1), '--flags', 'not-need-init,startup-clear'],
      )
      return port
    } catch (error) {
      if (left === 0) throw error
    }
  }
}

/** The shim in front of a module. */
export class Shim {
  readonly module: string
  readonly #file: string

  constructor(t: Test, module: string) {
    const file = join(folder(t), 'shim.so')
    execFileSync('cc', [
      ...['-O1', '-Wall', '-Werror', '-shared', '-fPIC', `-I${join(packageRoot, 'native')}`, '-o', file],
      ...[join(packageRoot, 'test/35-hsm/shim/shim.c'), '-ldl', '-lpthread'],
    ])
    this.#file = this.module = file
    writeFileSync(`${file}.module`, module)
    writeFileSync(`${file}.counts`, Buffer.alloc(8 * functions.length))
    this.rules()
  }

  /** The rules from now on, in the place of those before. */
  rules(...lines: string[]): void {
    writeFileSync(`${this.#file}.rules`, lines.map((line) => `${line}\n`).join(''))
  }

  /** Calls so far. */
  count(name: string): number {
    return Number(readFileSync(`${this.#file}.counts`).readBigUInt64LE(8 * functions.indexOf(name)))
  }
}

/** In the order of the shim. */
const functions = [
  ...(readFileSync(join(packageRoot, 'test/35-hsm/shim/shim.c'), 'utf8')
    .split('\nenum {')[0]
    ?.matchAll(/row\((C_\w+)\)/g) ?? []),
].map(([, name]) => name as string)

/** SoftHSM in a process of its own, that can be killed, as p11-kit's client shows it. */
export class Remote {
  readonly options: TokenOptions
  readonly #socket: string
  readonly #softhsm: TokenOptions & { readonly directory: string }
  #server: ChildProcess | undefined

  constructor(t: Test) {
    this.#softhsm = softHsm(t)
    this.#socket = join(this.#softhsm.directory, 'remote')
    process.env['P11_KIT_SERVER_ADDRESS'] = `unix:path=${this.#socket}`
    this.options = { module: remoting, token: { label: 'test' }, pin: Buffer.from(userPin) }
    t.teardown(() => this.kill())
  }

  async start(): Promise<void> {
    rmSync(this.#socket, { force: true })
    this.#server = spawn(
      'p11-kit',
      ['server', '--foreground', '--provider', softhsmModule, '-n', this.#socket, 'pkcs11:token=test'],
      { stdio: 'ignore', detached: true },
    )
    for (let i = 0; i < 400 && !existsSync(this.#socket); i++)
      await new Promise((done) => setTimeout(done, 10))
  }

  /** The server and what it has forked for each of its clients. */
  kill(): void {
    const pid = this.#server?.pid
    this.#server = undefined
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It had ended.
    }
  }
}
