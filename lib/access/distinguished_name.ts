import { MortiseError } from '../errors/index.js'
import { keysOfText, type Name } from '../x509/index.js'

const longest = 1024

/**
 * A distinguished name in a form that is the same for names that are the same (RFC 5280 section 7.1), in whatever order their
 * relative names are written: tools write them from either end.
 *
 * @param name its text (RFC 4514), or as it is in a certificate
 * @throws MORTISE_INPUT_INVALID for a text that is none
 */
export function normalDistinguishedName(name: string | Name): string {
  return [...(typeof name === 'string' ? checkedKeys(name) : name.keys)].sort().join()
}

/** Whether both texts are distinguished names, and the same: in the same order, as a directory has them. */
export function isSameDistinguishedName(one: string, other: string): boolean {
  const [a, b] = [one, other].map(keysOf)
  return a !== undefined && b !== undefined && a.length === b.length && a.every((key, i) => key === b[i])
}

function checkedKeys(text: string): readonly string[] {
  const keys = keysOf(text)
  if (keys) return keys
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `a distinguished name is TYPE=VALUE,TYPE=VALUE... of at most ${longest} characters (RFC 4514)`,
  )
}

function keysOf(text: string): readonly string[] | undefined {
  try {
    return text.length <= longest ? keysOfText(text) : undefined
  } catch {
    return undefined
  }
}
