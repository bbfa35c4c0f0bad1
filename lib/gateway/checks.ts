import { randomUUID } from 'node:crypto'
import { checkedText } from '../access/index.js'
import { MortiseError } from '../errors/index.js'

/** The policy of whoever is not given one. */
export const unlimited = 'Unlimited'

const key = /^[!-.0-~]{1,255}$/

/** What stands in a path: visible ASCII without a slash. Default a new UUID. @throws MORTISE_INPUT_INVALID */
export function checkedKey(what: string, given: string = randomUUID()): string {
  if (key.test(given)) return given
  throw invalid(`${what} has 1 to 255 visible characters of ASCII and no slash`)
}

/** @throws MORTISE_INPUT_INVALID */
export function checkedLabel(what: string, given: string): string {
  return checkedText(what, given) ?? ''
}

/** @throws MORTISE_INPUT_INVALID */
export function oneOf<T extends string>(what: string, known: readonly T[], given: string): T {
  const found = known.find((one) => one === given)
  if (found !== undefined) return found
  throw invalid(`${what} is one of ${known.join(', ')}`)
}

/** At most so many, each looked at. @throws MORTISE_INPUT_INVALID */
export function checkedAll<Given, Checked>(
  what: string,
  given: readonly Given[],
  most: number,
  check: (one: Given) => Checked,
): Checked[] {
  if (given.length > most) throw invalid(`there are ${most} ${what} at most`)
  return given.map(check)
}

export function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
