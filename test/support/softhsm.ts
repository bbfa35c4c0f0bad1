import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import type { TokenOptions } from '../../lib/core/index.js'

const run = promisify(execFile)

/** Debian's. */
export const softhsmModule = '/usr/lib/softhsm/libsofthsm2.so'
export const softhsmIsThere = existsSync(softhsmModule)
export const userPin = '1234'
export const securityOfficerPin = '12345678'

/** Tokens of SoftHSM in a directory of their own, which goes with the test. One a process: the module reads its configuration once. */
export class SoftHsm {
  /** For processes that are started: this one has it set. */
  readonly environment: { readonly SOFTHSM2_CONF: string }

  private constructor(folder: string) {
    this.environment = { SOFTHSM2_CONF: join(folder, 'softhsm2.conf') }
  }

  /** @param labels of the tokens, with the PINs above */
  static async start(t: Test, ...labels: readonly string[]): Promise<SoftHsm> {
    const folder = await mkdtemp(join(tmpdir(), 'mortise-softhsm-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const hsm = new SoftHsm(folder)
    await mkdir(join(folder, 'tokens'))
    await writeFile(hsm.environment.SOFTHSM2_CONF, softhsmConfiguration(folder))
    process.env['SOFTHSM2_CONF'] = hsm.environment.SOFTHSM2_CONF
    for (const label of labels) await hsm.makeToken(label)
    return hsm
  }

  async makeToken(label: string): Promise<void> {
    const pins = ['--so-pin', securityOfficerPin, '--pin', userPin]
    await run('softhsm2-util', ['--init-token', '--free', '--label', label, ...pins], { env: this.#env })
  }

  /** Options of a token of it for a key manager. */
  token(label: string, options: Partial<TokenOptions> = {}): TokenOptions {
    return { ...softhsmToken(label), ...options }
  }

  /** The same as configuration. */
  uri(label: string): string {
    return `${label}=pkcs11:token=${label}?module-path=${softhsmModule}&pin-source=env:TEST_PIN&x-threads=2`
  }

  /** OpenSC's tool, as another program that uses the token. */
  async tool(label: string, ...args: readonly string[]): Promise<string> {
    const all = ['--module', softhsmModule, '--token-label', label, '--login', '--pin', userPin, ...args]
    return (await run('pkcs11-tool', all, { env: this.#env })).stdout
  }

  get #env(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.environment }
  }
}

/** A token of the SoftHSM that this process has in its environment. */
export function softhsmToken(label: string): TokenOptions & { readonly pin: Uint8Array } {
  return {
    name: label,
    module: softhsmModule,
    token: { label },
    pin: Buffer.from(userPin),
    policy: { threads: 2 },
  }
}

/** With tokens in `tokens` below a folder. */
export function softhsmConfiguration(folder: string): string {
  return `directories.tokendir = ${folder}/tokens
objectstore.backend = file
log.level = ERROR
slots.removable = false
slots.mechanisms = ALL
library.reset_on_fork = true
`
}
