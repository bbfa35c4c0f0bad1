import type { Fields } from '../fields.js'
import { bigInteger } from '../fields.js'

/** A number as JWK has it (RFC 7518 section 2). */
export function base64urlOf(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}

export function numberOf(base64url: string): bigint {
  return BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex') || '0'}`)
}

/** Members of a JWK out of the fields of a transparent key; those that it may lack are left out. */
export function jwkMembers(key: Fields, members: Readonly<Record<string, number>>): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [member, tag] of Object.entries(members)) {
    const value = key.optional(tag, bigInteger)
    if (value !== undefined) found[member] = base64urlOf(value)
  }
  return found
}
