import { type KeySpec, keySpec } from '../crypto/index.js'
import { MortiseError } from '../errors/index.js'
import { type KeyHandle, native } from '../native/index.js'

/** What key is made. */
export interface PairKind {
  /** `EC` (default), `RSA`, `Ed25519` or `Ed448`. */
  readonly algorithm?: string
  /** Bits, of RSA. Default 3072. */
  readonly length?: number
  /** `P-256` (default), `P-384` or `P-521`, of EC. */
  readonly curve?: string
}

/** Characters. */
const longestPassword = 1024

/** A key pair that is kept nowhere. Dispose of the private key. */
export interface Pair {
  /** SPKI, DER. */
  readonly publicKey: Buffer
  readonly privateKey: KeyHandle
}

/** @throws MORTISE_CRYPTO_UNSUPPORTED */
export function specOf({ algorithm = 'EC', length, curve }: PairKind): KeySpec {
  return keySpec(algorithm, length, curve)
}

/** @throws MORTISE_CRYPTO_UNSUPPORTED for keys that sign nothing */
export function generatePair({ algorithm, length, curve }: KeySpec): Promise<Pair> {
  const type = algorithm.native
  if (type === 'RSA') return native.generateKeyPair(type, length)
  if (type === 'EC') return native.generateKeyPair(type, curve ?? null)
  if (type === 'Ed25519' || type === 'Ed448') return native.generateKeyPair(type, null)
  throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', `keys of ${algorithm.name} sign no request`)
}

/** PKCS#8 as PEM, under a password where one is given. */
export function pkcs8Of(key: KeyHandle, password: string | undefined): Promise<Buffer> {
  return withPassword(password, (secret) =>
    native.exportEncoded(key, 'pkcs8', { encoding: 'pem', ...(secret && { password: secret }) }),
  )
}

/**
 * PKCS#12 (RFC 7292) of a key, its certificate and those above it.
 *
 * @throws MORTISE_INPUT_INVALID without a password
 */
export function pkcs12Of(
  key: KeyHandle,
  certificates: readonly Uint8Array[],
  password: string | undefined,
): Promise<Buffer> {
  return withPassword(password, (secret) => native.exportPkcs12(key, certificates, secret ?? Buffer.alloc(0)))
}

/** @throws MORTISE_INPUT_INVALID */
export function checkPassword(password: string | undefined): void {
  if (password !== undefined && (password.length < 1 || password.length > longestPassword)) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'a password has 1 to 1,024 characters')
  }
}

/** Its bytes are wiped when the work is done. */
async function withPassword<Result>(
  password: string | undefined,
  work: (secret: Buffer | undefined) => Promise<Result>,
): Promise<Result> {
  const secret = password === undefined ? undefined : Buffer.from(password.normalize('NFC'))
  try {
    return await work(secret)
  } finally {
    secret?.fill(0)
  }
}
