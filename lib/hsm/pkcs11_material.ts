import { MortiseError } from '../errors/index.js'
import type { Curve, Pkcs11KeyFacts, Pkcs11KeyIdentity, Pkcs11Usage } from '../native/index.js'

/** Stands first (docs/formats.md). What the barrier seals begins with another byte. */
const format = 0x02

/** What is recorded of a key on a token. It is no secret; the row's HMAC keeps whoever writes the database from pointing at another key. */
export interface TokenKey extends Pkcs11KeyIdentity {
  /** CKA_LABEL, when the key was made or adopted. */
  readonly label: string
  readonly bits: number
  readonly curve?: Curve
  /** What the token lets it do. */
  readonly usages: readonly Pkcs11Usage[]
  /** The token that it was on then. */
  readonly token: { readonly label: string; readonly serial: string }
  /** CKA_SENSITIVE and so on, as the token claims; absent where it does not say. */
  readonly sensitive?: boolean
  readonly extractable?: boolean
  readonly alwaysSensitive?: boolean
  readonly neverExtractable?: boolean
  readonly local?: boolean
}

const claims = ['sensitive', 'extractable', 'alwaysSensitive', 'neverExtractable', 'local'] as const
const bytes = ['id', 'publicKey', 'checkValue'] as const

export function encodeTokenKey(facts: Pkcs11KeyFacts, token: TokenKey['token']): Buffer {
  const { kind, type, label, bits, curve, usages } = facts
  const text = JSON.stringify({
    kind,
    type,
    label,
    bits,
    ...(curve && { curve }),
    usages,
    token: { label: token.label, serial: token.serial },
    ...Object.fromEntries(claims.flatMap((name) => (facts[name] === undefined ? [] : [[name, facts[name]]]))),
    ...Object.fromEntries(bytes.flatMap((name) => (facts[name] ? [[name, base64(facts[name])]] : []))),
  })
  return Buffer.concat([Buffer.of(format), Buffer.from(text)])
}

/** @throws MORTISE_BARRIER_INTEGRITY for material that no token's key has */
export function decodeTokenKey(material: Uint8Array): TokenKey {
  if (material[0] !== format)
    throw new MortiseError('MORTISE_BARRIER_INTEGRITY', 'the material is not that of a key on a token')
  const stored = JSON.parse(Buffer.from(material.subarray(1)).toString('utf8'))
  for (const name of bytes) if (stored[name] !== undefined) stored[name] = Buffer.from(stored[name], 'base64')
  return stored
}

/** What the token says of a key, where the key is on one. */
export function tokenKeyOf(material: Uint8Array | null): TokenKey | undefined {
  return material?.[0] === format ? decodeTokenKey(material) : undefined
}

function base64(value: Uint8Array): string {
  return Buffer.from(value).toString('base64')
}
