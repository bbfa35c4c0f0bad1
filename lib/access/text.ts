import { MortiseError } from '../errors/index.js'

/** Control, format, private and lone surrogate characters, line and paragraph separators: what a reader would not see. */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u
const longestMetadata = 65_536
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether a principal or group is named by its id. */
export function isId(text: string): boolean {
  return uuid.test(text)
}

/**
 * A name in normalization form C.
 *
 * @param what is named, with its article
 * @throws MORTISE_INPUT_INVALID
 */
export function checkedName(what: string, name: string): string {
  const normal = name.normalize('NFC')
  const length = [...normal].length
  if (length < 1 || length > 255 || normal !== normal.trim() || unseen.test(normal) || isId(normal)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `${what} needs a name of 1 to 255 visible characters, with no blank at either end and not in the form of a UUID`,
    )
  }
  return normal
}

/** @throws MORTISE_INPUT_INVALID */
export function checkedDescription(description: string): string {
  if (description.length <= 1024) return description
  throw new MortiseError('MORTISE_INPUT_INVALID', 'a description has at most 1,024 characters')
}

const plainName = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/i

/** Whether it has 1 to 64 letters, digits, `.`, `_` and `-`, and a letter or digit at both ends. */
export function isPlainName(name: string): boolean {
  return plainName.test(name)
}

/** A JSON object of whoever keeps it. */
export type Metadata = Readonly<Record<string, unknown>>

/** At most 64 KiB as JSON. @throws MORTISE_INPUT_INVALID */
export function checkedMetadata(given: Metadata): Metadata {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given)
  if (isObject && Buffer.byteLength(JSON.stringify(given)) <= longestMetadata) return given
  throw new MortiseError('MORTISE_INPUT_INVALID', 'metadata is a JSON object of at most 64 KiB')
}

/** A person's full name, an e-mail address: 1 to 255 characters that a reader sees. @throws MORTISE_INPUT_INVALID */
export function checkedText(what: string, given: string | null): string | null {
  if (given === null) return null
  const text = visibleText(given)
  if (text !== undefined) return text
  throw new MortiseError('MORTISE_INPUT_INVALID', `${what} has 1 to 255 visible characters`)
}

/** What an outside source says somebody is called, as far as it can be shown. */
export function visibleText(given: unknown): string | undefined {
  const isShown = typeof given === 'string' && given.length > 0 && given.length <= 255 && !unseen.test(given)
  return isShown ? given.normalize('NFC') : undefined
}

/** A date to come or one that has passed, or null for never. @throws MORTISE_INPUT_INVALID */
export function checkedDate(what: string, given: number | null): number | null {
  if (given === null || (Number.isSafeInteger(given) && given >= 0)) return given
  throw new MortiseError('MORTISE_INPUT_INVALID', `${what} must be in milliseconds since 1970`)
}

/** What is compared where case does not matter. */
export function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

/** In the order of `known`, without repetition. @throws MORTISE_INPUT_INVALID for one that is not known */
export function checkedChoice<T extends string>(what: string, known: readonly T[], given: readonly T[]): T[] {
  const stranger = given.find((one) => !known.includes(one))
  if (stranger !== undefined) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `${stranger} is not a ${what}: give one of ${known.join(', ')}`,
    )
  }
  return known.filter((one) => given.includes(one))
}
