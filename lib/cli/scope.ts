import { InvalidArgumentError } from 'commander'
import type { Scope } from '../core/index.js'

/** How a scope is written on the command line. */
export const scopeHelp = 'name:PREFIX* or group:OBJECT-GROUP'

/** `name:invoices/*`, `group:payments`. */
export function scopeOf(text: string): Scope {
  const [, kind, value] = /^(name|group):(.+)$/s.exec(text) ?? []
  if (value === undefined || (kind === 'name' && !value.endsWith('*'))) {
    throw new InvalidArgumentError(`write ${scopeHelp}`)
  }
  return kind === 'name' ? { namePrefix: value.slice(0, -1) } : { objectGroup: value }
}

export function scopeText(scope: Scope | null): string | null {
  if (scope === null) return null
  return 'namePrefix' in scope ? `name:${scope.namePrefix}*` : `group:${scope.objectGroup}`
}
