import type { Group, SystemOperation } from '../../operation/index.js'
import { requireAnotherAdministrator } from '../administration.js'
import { administrators } from '../builtin.js'
import { endLogins } from '../endings.js'
import { staysAdministrator } from '../principals.js'
import type { AccessServices } from '../services.js'
import type { MemberInput } from './add_member.js'
import { requireRightsOfGroup } from './cover.js'

/**
 * Takes a principal out of a group; its sessions and tokens, and leases that rest on the membership, end at once. Removing who is no member is no error.
 *
 * @throws MORTISE_GROUP_NOT_FOUND, MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_PRINCIPAL_LAST_ADMINISTRATOR, MORTISE_ACCESS_DENIED for
 *   somebody who lacks what the group gives
 */
export const removeMember: SystemOperation<AccessServices, MemberInput, Group> = {
  name: 'RemoveMember',
  permission: 'GroupManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const { groups, memberships, principals } = services
    const group = await groups.find(input.group)
    const member = await principals.find(input.principal)
    const principal = member.id
    await requireRightsOfGroup(services, actor, group)
    const detail = { group: group.id, name: group.name, principal }
    if (!(await memberships.has(group.id, principal))) return { answer: group, detail }
    if (group.id === administrators.id && !staysAdministrator(member))
      await requireAnotherAdministrator(services, principal)
    const logins = await endLogins(services, principal)
    return {
      answer: group,
      rows: { records: [memberships.remove(group.id, principal), ...logins.rows], newEpoch: true },
      detail,
      recheck: true,
    }
  },
}
