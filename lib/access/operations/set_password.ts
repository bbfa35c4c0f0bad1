import { MortiseError } from '../../errors/index.js'
import type { Prepared, SystemOperation } from '../../operation/index.js'
import type { AccessServices } from '../services.js'
import { requireRightsOfPrincipal } from './cover.js'

export interface SetPasswordInput {
  /** Id or name. */
  readonly principal: string
  /** 12 to 1024 characters. */
  readonly password: string
}

export interface SetOwnPasswordInput {
  /** The present one. */
  readonly current: string
  /** 12 to 1024 characters. */
  readonly password: string
}

/** What a new password has ended: every token of the principal, so that whoever knew the old one is out. */
export interface PasswordSet {
  readonly tokensEnded: number
}

/** @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_INPUT_INVALID, MORTISE_ACCESS_DENIED for rights that the actor lacks */
export const setPassword: SystemOperation<AccessServices, SetPasswordInput, PasswordSet> = {
  name: 'SetPassword',
  permission: 'PrincipalManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    const { value: principal } = await services.principals.read(input.principal)
    await requireRightsOfPrincipal(services, actor, principal)
    return set(services, principal.id, input.password)
  },
}

/** @throws MORTISE_AUTH_REQUIRED when `current` is not the password, MORTISE_INPUT_INVALID */
export const setOwnPassword: SystemOperation<AccessServices, SetOwnPasswordInput, PasswordSet> = {
  name: 'SetOwnPassword',
  permission: 'SelfManage',
  durability: 'synced',
  async prepare(services, actor, input) {
    if (!(await services.passwords.matches(actor.id, input.current)))
      throw new MortiseError('MORTISE_AUTH_REQUIRED')
    return set(services, actor.id, input.password)
  },
}

async function set(
  services: AccessServices,
  principal: string,
  password: string,
): Promise<Prepared<PasswordSet>> {
  const row = await services.passwords.write(principal, password)
  const ends = await services.tokens.endAll(principal)
  const tokensEnded = ends.length
  return {
    answer: { tokensEnded },
    rows: { records: [row, ...ends], newEpoch: true },
    detail: { principal, tokensEnded },
  }
}
