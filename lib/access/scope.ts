import { MortiseError } from '../errors/index.js'
import type { Scope } from '../operation/index.js'

const longest = 255
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const unprintable = /[\u0000-\u001f\u007f]/

/** What scopes look at: a key's name and its object groups. */
export interface Named {
  readonly name: string | null
  readonly objectGroups: readonly string[]
}

export function covers(scope: Scope, { name, objectGroups }: Named): boolean {
  return 'namePrefix' in scope
    ? name?.startsWith(scope.namePrefix) === true
    : objectGroups.includes(scope.objectGroup)
}

/** Whether every object of `inner` is certain to be in `outer`, now and later. Null is every object. */
export function contains(outer: Scope | null, inner: Scope | null): boolean {
  if (outer === null) return true
  if (inner === null) return false
  if ('namePrefix' in outer) return 'namePrefix' in inner && inner.namePrefix.startsWith(outer.namePrefix)
  return 'objectGroup' in inner && inner.objectGroup === outer.objectGroup
}

/** For people, and as part of the keys of records: `name:invoices/*`, `group:payments`. */
export function scopeText(scope: Scope): string {
  return 'namePrefix' in scope ? `name:${scope.namePrefix}*` : `group:${scope.objectGroup}`
}

/** @throws MORTISE_INPUT_INVALID unless it is a prefix or an object group of 1 to 255 characters */
export function checkedScope(scope: Scope): Scope {
  const { namePrefix, objectGroup } = scope as { namePrefix?: unknown; objectGroup?: unknown }
  const text = namePrefix ?? objectGroup
  const either = namePrefix === undefined || objectGroup === undefined
  if (!either || typeof text !== 'string' || !text || text.length > longest || unprintable.test(text)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `a scope is either a name prefix or an object group, of 1 to ${longest} characters and no control characters`,
    )
  }
  return namePrefix === undefined ? { objectGroup: text } : { namePrefix: text }
}
