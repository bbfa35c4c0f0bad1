import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Milliseconds that a code is shown for, and its digits: what every authenticator app takes for granted. */
const period = 30_000
const digits = 6
/** Steps by which the two clocks may differ, either way (RFC 6238 section 5.2). */
const tolerance = 1

/** 160 random bits, as RFC 4226 section 4 advises. */
export function newTotpSecret(): Buffer {
  return randomBytes(20)
}

/** The code of a step: RFC 6238 with HMAC-SHA-1, which apps assume whatever the URI says. */
export function totpCode(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const truncated = mac.readUInt32BE((mac.at(-1) ?? 0) & 0xf) & 0x7fff_ffff
  return String(truncated % 10 ** digits).padStart(digits, '0')
}

/** The step that a moment is in: milliseconds since 1970. */
export function stepAt(time: number): number {
  return Math.floor(time / period)
}

/**
 * The step that a code is of, among those that may be used now. Takes as long whichever it is, and for none.
 *
 * @param time milliseconds since 1970
 * @param used the last step that was used: neither it nor one before it is accepted again
 */
export function matchingStep(
  secret: Uint8Array,
  code: string,
  time: number,
  used: number,
): number | undefined {
  const given = Buffer.from(code.replace(/\s/g, ''))
  let found: number | undefined
  for (let step = stepAt(time) - tolerance; step <= stepAt(time) + tolerance; step++) {
    const expected = Buffer.from(totpCode(secret, step))
    const matches = given.length === expected.length && timingSafeEqual(given, expected)
    if (matches && step > used) found = step
  }
  return found
}
