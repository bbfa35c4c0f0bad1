import { type KeyInfo, type KeyName, toPem } from '../../core/index.js'
import type { Fields } from './wrapper.js'

/** Where a key is not named, MOSIP signs with this one. */
export const kernelSign: KeyName = { application: 'KERNEL', reference: 'SIGN' }

/** A reference that is null or missing is the empty one. */
export function nameIn(fields: Fields): KeyName {
  return { application: fields.text('applicationId'), reference: fields.text('referenceId') }
}

export function signingNameIn(fields: Fields): KeyName {
  const name = nameIn(fields)
  return name.application === '' ? kernelSign : name
}

/** Three decimals and a Z. */
export function now(): string {
  return new Date().toISOString()
}

/** Of answers whose times have no zone. */
export function localNow(): string {
  return now().slice(0, -1)
}

export function pemOf({ x509 }: Pick<KeyInfo, 'x509'>): string {
  return toPem('x509', x509.der)
}

/** When a key was made, and when its certificate ends. */
export function datesOf({ x509 }: Pick<KeyInfo, 'x509'>) {
  return { issuedAt: x509.notBefore.toISOString(), expiryAt: x509.notAfter.toISOString() }
}
