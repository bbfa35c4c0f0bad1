import { MortiseError } from '../errors/index.js'
import { type Hash, type KeyHandle, native } from '../native/index.js'

/** What a client keeps its key in, which says how is encrypted to it. */
export const clientKinds = ['TPM', 'ANDROID', 'LOCAL'] as const

export type ClientKind = (typeof clientKinds)[number]

/** A client's public key, RSA, and RSAES-OAEP as it does it. */
export interface ClientKey {
  /** The caller disposes of it. */
  readonly handle: KeyHandle
  readonly oaep: { readonly hash: Hash; readonly mask: Hash; readonly label: Uint8Array }
}

const none = new Uint8Array()
/** TPM 2.0 Library, Part 1, B.4: a label ends with a zero, even an empty one. */
const emptyLabel = Uint8Array.of(0)

/**
 * @param bytes SPKI (DER), or TPMT_PUBLIC (TPM 2.0 Library, Part 2, 12.2.4), which says by itself that it is one
 * @throws MORTISE_CRYPTO_KEY_INVALID
 */
export async function clientKey(bytes: Uint8Array, kind: ClientKind): Promise<ClientKey> {
  const area = tpmPublicArea(Buffer.from(bytes))
  if (area) {
    const { n, e, hash } = area
    const jwk = { kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') }
    const handle = await native.importEncoded(Buffer.from(JSON.stringify(jwk)), { format: 'jwk' })
    return { handle, oaep: { hash, mask: hash, label: emptyLabel } }
  }
  const handle = native.importPublic(bytes)
  if (handle.type !== 'RSA') {
    handle.dispose()
    throw new MortiseError('MORTISE_CRYPTO_KEY_INVALID', 'the public key of a client is RSA')
  }
  const mask = kind === 'ANDROID' ? 'SHA-1' : 'SHA-256'
  return { handle, oaep: { hash: 'SHA-256', mask, label: none } }
}

const algorithmRsa = 0x0001
const algorithmNull = 0x0010
/** RSAES-PKCS1-v1_5, of all schemes, names no hash. */
const schemeRsaes = 0x0015
const hashes: Readonly<Record<number, Hash>> = {
  4: 'SHA-1',
  11: 'SHA-256',
  12: 'SHA-384',
  13: 'SHA-512',
}
const usualExponent = 65_537

/** An RSA key of a TPM; undefined for what is none. */
function tpmPublicArea(bytes: Buffer): { n: Buffer; e: Buffer; hash: Hash } | undefined {
  let at = 0
  const read = (size: number) => {
    const number = bytes.readUIntBE(at, size)
    at += size
    return number
  }
  const sized = () => {
    const length = read(2)
    at += length
    return bytes.subarray(at - length, at)
  }
  try {
    if (read(2) !== algorithmRsa) return undefined
    const hash = hashes[read(2)]
    read(4)
    sized()
    if (read(2) !== algorithmNull) read(4)
    const scheme = read(2)
    if (scheme !== algorithmNull && scheme !== schemeRsaes) read(2)
    read(2)
    const exponent = read(4) || usualExponent
    const n = sized()
    if (hash === undefined || at !== bytes.length) return undefined
    const e = Buffer.alloc(4)
    e.writeUInt32BE(exponent)
    return { n, e: e.subarray(e.findIndex((byte) => byte !== 0)), hash }
  } catch (error) {
    // It is cut off, and so is none.
    if (error instanceof RangeError) return undefined
    throw error
  }
}
