import { base32 } from './base32.js'

/** What authenticator apps show the account under. */
export const issuer = 'Mortise'

/** The key URI that authenticator apps take, as a QR code or typed: `otpauth://totp/Mortise:ann?secret=...`. */
export function otpauthUri(account: string, secret: Uint8Array): string {
  const label = `${issuer}:${account}`.split(':').map(encodeURIComponent).join(':')
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=${issuer}&algorithm=SHA1&digits=6&period=30`
}
