import type { LdapSettings } from '../connection_settings.js'
import { isSameDistinguishedName } from '../distinguished_name.js'
import { folded } from '../text.js'
import type { Directory } from './directory.js'
import { DirectoryFault } from './fault.js'
import { filledFilter } from './filter.js'
import type { Person } from './person.js'

const mostGroups = 1000

/**
 * The groups that somebody is in, by the names that the connection's settings give them; undefined where these name no way to
 * find out.
 *
 * @throws DirectoryFault also for somebody in more of them than can be looked at
 */
export async function groupsOf(
  directory: Directory,
  person: Person,
  { memberOfAttribute, groupBase, groupFilter, groupAttribute }: LdapSettings,
): Promise<readonly string[] | undefined> {
  if (groupBase === null) return memberOfAttribute === null ? undefined : person.memberOf
  const { dn, username = '' } = person
  const found = await directory.find({
    base: groupBase,
    scope: 'sub',
    filter: filledFilter(groupFilter, { dn, username }),
    attributes: [groupAttribute],
    most: mostGroups,
  })
  if (found.length > mostGroups) {
    throw new DirectoryFault('search', `groupFilter finds more than ${mostGroups} groups: make it narrower`)
  }
  const names = found.flatMap((entry) => entry.values(groupAttribute))
  return [...person.memberOf, ...names.filter((name) => typeof name === 'string')]
}

/** Those of the names of a map that groups in a directory bear: distinguished names as such, others without case. */
export function namedIn(map: Readonly<Record<string, string>>, groups: readonly string[]): string[] {
  const plain = new Set(groups.map(folded))
  return Object.keys(map).filter(
    (name) => plain.has(folded(name)) || groups.some((group) => isSameDistinguishedName(name, group)),
  )
}
