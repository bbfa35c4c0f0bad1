import { MortiseError } from '../../errors/index.js'

/** The one domain that there is. */
export const root = { id: '00000000-0000-0000-0000-000000000000', name: 'root' } as const

export function isRoot(domain: string): boolean {
  return domain === '' || domain === root.id || domain.toLowerCase() === root.name
}

/** @throws MORTISE_INPUT_INVALID for another one */
export function requireRoot(...domains: readonly (string | undefined)[]): void {
  if (domains.every((domain) => domain === undefined || isRoot(domain))) return
  throw new MortiseError('MORTISE_INPUT_INVALID', 'there are no domains here: leave them out, or name root')
}
