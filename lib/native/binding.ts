import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ErrorCode, MortiseError } from '../errors/index.js'
import type { Addon, CipherLease, MacLease, SignerLease, UseLease, VerifierLease } from './addon.js'
import type { Pkcs11Addon } from './pkcs11.js'
import type { NativeRecords } from './record.js'

/** What the .node file exports. */
interface Binding {
  initialize(makeError: (code: ErrorCode, message?: string) => MortiseError): Exports
}

/** What lease.ts and record.ts complete comes along. */
export type Exports = Addon &
  Pkcs11Addon &
  NativeRecords & {
    readonly CipherLease: { readonly prototype: CipherLease }
    readonly SignerLease: { readonly prototype: SignerLease }
    readonly VerifierLease: { readonly prototype: VerifierLease }
    readonly MacLease: { readonly prototype: MacLease }
    readonly UseLease: { readonly prototype: UseLease }
  }

const require = createRequire(import.meta.url)

/** Finds and loads the .node file: a prebuilt one of this platform, or one that was compiled here. */
export function load(): Exports {
  const root = packageRoot()
  let binding: Binding
  try {
    binding = (require('node-gyp-build') as (directory: string) => Binding)(root)
  } catch (cause) {
    throw new MortiseError('MORTISE_NATIVE_UNAVAILABLE', explain(root, cause), { cause })
  }
  return binding.initialize((code, message) => new MortiseError(code, message))
}

function packageRoot(): string {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    const manifest = join(directory, 'package.json')
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'mortise')
      return directory
    if (directory === dirname(directory)) {
      throw new MortiseError(
        'MORTISE_NATIVE_UNAVAILABLE',
        'the package mortise is incomplete: install it again',
      )
    }
  }
}

/** Says which of the known causes it is and the command that mends it. */
export function explain(root: string, cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  const rebuild = `cd ${root} && npx node-gyp rebuild`
  if (process.platform !== 'linux') {
    return `the native add-on runs on Linux only, and this is ${process.platform}`
  }
  if (/undefined symbol/.test(text)) {
    return `this Node.js (${process.execPath}) does not export OpenSSL 3, which the native add-on uses: use an official build of Node.js 20 or later`
  }
  if (/no native build was found/i.test(text)) {
    return `no prebuilt native add-on fits ${process.platform}-${process.arch}, Node.js ${process.version}: compile it with \`${rebuild}\` (needs python3, make and g++)`
  }
  if (/GLIBC|GLIBCXX|version `/.test(text)) {
    return `the prebuilt native add-on needs a newer C library than this system has (${text}): compile it with \`${rebuild}\``
  }
  return `the native add-on could not be loaded (${text}): compile it again with \`${rebuild}\``
}
