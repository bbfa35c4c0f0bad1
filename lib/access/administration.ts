import { MortiseError } from '../errors/index.js'
import type { Principal } from '../operation/index.js'
import { administrators } from './builtin.js'
import { staysAdministrator } from './principals.js'
import type { AccessServices } from './services.js'

type Services = Pick<AccessServices, 'memberships' | 'principals'>

/**
 * Whether somebody is an administrator that stays one, by its own role or as a member of the system group. What other groups give is
 * not counted: their roles change.
 */
export async function administers({ memberships }: Services, principal: Principal): Promise<boolean> {
  const { id, enabled, expires } = principal
  if (staysAdministrator(principal)) return true
  return enabled && expires === null && memberships.has(administrators.id, id)
}

/** Whether there is such an administrator besides somebody; of everybody where none is named. */
export async function isAdministeredWithout(
  { memberships, principals }: Services,
  somebody: string,
): Promise<boolean> {
  if (await principals.isAdministratedWithout(somebody)) return true
  for await (const id of memberships.all(administrators.id)) {
    const member = id === somebody ? undefined : await principals.get(id)
    if (member?.enabled && member.expires === null) return true
  }
  return false
}

/** @throws MORTISE_PRINCIPAL_LAST_ADMINISTRATOR unless one is left without somebody */
export async function requireAnotherAdministrator(services: Services, somebody: string): Promise<void> {
  if (!(await isAdministeredWithout(services, somebody)))
    throw new MortiseError('MORTISE_PRINCIPAL_LAST_ADMINISTRATOR')
}
