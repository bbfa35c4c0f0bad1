import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type t from 'tap'
import type { ErrorCode } from '../../lib/errors/index.js'
import {
  type CipherLease,
  type Curve,
  type KeyHandle,
  type LeaseBinding,
  native,
  type SignatureScheme,
} from '../../lib/native/index.js'

/** What the assertions of this file need of the test object of tap. */
export type T = Pick<typeof t, 'throws' | 'rejects'>

export const empty = new Uint8Array(0)
export const bytes = (text: string) => Buffer.from(text)
export const hex = (text: string) => Buffer.from(text, 'hex')

export function throwsCode(test: T, code: ErrorCode, action: () => unknown, message: string = code): void {
  test.throws(action, { name: 'MortiseError', code }, message)
}

export async function rejectsCode(
  test: T,
  code: ErrorCode,
  promise: Promise<unknown>,
  message: string = code,
): Promise<void> {
  await test.rejects(promise, { name: 'MortiseError', code }, message)
}

export function binding(over: Partial<LeaseBinding> = {}): LeaseBinding {
  return {
    manager: native.newManager(),
    store: 'store',
    object: 'object',
    principal: 'principal',
    keyVersion: 7,
    uses: 1_000_000,
    milliseconds: 60_000,
    ...over,
  }
}

export function cipherLease(
  bits = 256,
  over: Partial<LeaseBinding> = {},
  key = native.generateSecret('AES', bits),
): CipherLease {
  return native.openCipherLease(key, { encrypt: true, decrypt: true }, binding(over))
}

/** One pair of each type, made once. */
export interface Pair {
  readonly label: string
  readonly schemes: readonly SignatureScheme[]
  readonly privateKey: KeyHandle
  readonly publicKey: Buffer
}

export async function onePairOfEach(): Promise<Pair[]> {
  const ec = (curve: Curve) => native.generateKeyPair('EC', curve)
  const made = await Promise.all([
    native.generateKeyPair('RSA', 2048),
    ec('P-256'),
    ec('P-384'),
    ec('P-521'),
    native.generateKeyPair('Ed25519', null),
    ec('secp256k1'),
    native.generateKeyPair('Ed448', null),
  ])
  const rows = [
    ['RSA', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'RS1', 'PS1']],
    ['P-256', ['ES256']],
    ['P-384', ['ES384']],
    ['P-521', ['ES512']],
    ['Ed25519', ['EdDSA']],
    ['secp256k1', ['ES256K']],
    ['Ed448', ['Ed448']],
  ] as const
  return rows.map(([label, schemes], i) => ({ label, schemes, ...made[i]! }))
}

export function packageRoot(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    try {
      if (JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')).name === 'mortise') return at
    } catch {
      if (at === dirname(at)) throw new Error('no package.json of mortise above the tests')
    }
  }
}
