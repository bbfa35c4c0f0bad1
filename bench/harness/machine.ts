import { existsSync, readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'

/** What figures depend on. */
export interface Machine {
  /** Version of Node.js. */
  readonly node: string
  /** Version of its OpenSSL. */
  readonly openssl: string
  readonly cpu: string
  /** Those of the processor's instructions that OpenSSL has faster code for. */
  readonly instructions: readonly string[]
  /** Processes that wanted to run, in the mean of the last minute: more than none before the first row falsify the rest. */
  readonly load: number
}

/** GCM in wide registers, RSA in 52-bit limbs, SHA-256. */
const telling = ['vaes', 'vpclmulqdq', 'avx512ifma', 'sha_ni']

export function machine(): Machine {
  const processors = cpus()
  return {
    node: process.version,
    openssl: process.versions.openssl,
    cpu: `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}`,
    instructions: instructions(),
    load: loadavg()[0] ?? 0,
  }
}

function instructions(): string[] {
  const file = '/proc/cpuinfo'
  const [, flags = ''] = (existsSync(file) && /^flags\s*:(.*)$/m.exec(readFileSync(file, 'utf8'))) || []
  const present = new Set(flags.split(' '))
  return telling.filter((flag) => present.has(flag))
}
