import { MortiseError } from '../errors/index.js'
import type { CipherMode } from '../native/index.js'
import type { Judged } from './policy.js'

/** A block cipher mode of KMIP 2.1 section 11.6, or the AEAD of a stream cipher. */
export interface Mode extends Judged {
  readonly name: CipherMode
  /** Rows of the algorithm table. */
  readonly algorithms: readonly string[]
  /** Bytes of an IV that is made here. */
  readonly iv: number
  /** Whether it takes PKCS#7 padding. */
  readonly pads: boolean
  /** Whether it has a tag and additional data. */
  readonly authenticates: boolean
  /** Whether an IV that is used twice gives away plaintext or the key. */
  readonly unique: boolean
}

const bare = { pads: false, authenticates: false, unique: false } as const

/** SP 800-38A, 38D, 38E, RFC 8439. ECB hides no pattern: SP 800-131A revision 3 (draft) leaves it for decryption. */
export const modes: Readonly<Record<CipherMode, Mode>> = {
  GCM: {
    name: 'GCM',
    standing: 'approved',
    algorithms: ['AES'],
    iv: 12,
    pads: false,
    authenticates: true,
    unique: true,
  },
  CBC: { ...bare, name: 'CBC', standing: 'approved', algorithms: ['AES', '3DES'], iv: 16, pads: true },
  CTR: { ...bare, name: 'CTR', standing: 'approved', algorithms: ['AES'], iv: 16, unique: true },
  XTS: { ...bare, name: 'XTS', standing: 'approved', algorithms: ['AES-XTS'], iv: 16 },
  ECB: { ...bare, name: 'ECB', standing: 'legacy', algorithms: ['AES', '3DES'], iv: 0, pads: true },
  ChaCha20: {
    ...bare,
    name: 'ChaCha20',
    standing: 'compatible',
    algorithms: ['ChaCha20'],
    iv: 12,
    unique: true,
  },
  'ChaCha20-Poly1305': {
    name: 'ChaCha20-Poly1305',
    standing: 'compatible',
    algorithms: ['ChaCha20'],
    iv: 12,
    pads: false,
    authenticates: true,
    unique: true,
  },
}

export const modeNames = Object.keys(modes) as CipherMode[]

/** An IV to encrypt with that the caller has chosen, for a key that was not made for that (SP 800-38D section 8.2). */
export const callerIv: Judged = { name: 'caller IV', standing: 'compatible' }

/** @throws MORTISE_CRYPTO_UNSUPPORTED with the modes that the algorithm has */
export function modeOf(algorithm: string, requested: CipherMode): Mode {
  const mode = Object.hasOwn(modes, requested) ? modes[requested] : undefined
  if (mode?.algorithms.includes(algorithm)) return mode
  const fitting = modeNames.filter((name) => modes[name].algorithms.includes(algorithm))
  throw new MortiseError(
    'MORTISE_CRYPTO_UNSUPPORTED',
    fitting.length === 0
      ? `keys of algorithm ${algorithm} have no modes`
      : `${requested} does not fit this ${algorithm} key: choose one of ${fitting.join(', ')}`,
  )
}
