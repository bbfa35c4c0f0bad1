import { hash } from 'node:crypto'
import type { Stored } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import { isActive, type Principal } from '../operation/index.js'
import type { Account } from './accounts.js'
import { administers, isAdministeredWithout } from './administration.js'
import { administrators } from './builtin.js'
import type { CertificateSettings } from './connection_settings.js'
import type { Connection, ConnectionKind } from './connections.js'
import type { StoredFactor } from './factors/factors.js'
import { identityText } from './identities.js'
import type { Proof, ProvedFactor } from './login.js'
import { isLocked, type LoginState } from './login_states.js'
import type { AccessServices } from './services.js'
import { checkedName } from './text.js'

/** What has to be written before somebody who was proved may come in. */
export interface Admission {
  /** Undefined for somebody who is to be registered. */
  readonly principal: Principal | undefined
  /** What is on record of the principal. */
  readonly standing: Standing | undefined
  readonly connection: Connection
  /** Ids of groups to join and to leave. */
  readonly joins: readonly string[]
  readonly leaves: readonly string[]
}

/** What decides whether a principal may log in. */
export interface Standing {
  readonly state: Stored<LoginState>
  readonly account: Account
  /** The second factors that a login is asked for. */
  readonly factors: readonly Stored<StoredFactor>[]
  /** Whether it is an administrator that stays one. */
  readonly administers: boolean
}

type Services = Pick<
  AccessServices,
  | 'accounts'
  | 'clock'
  | 'connections'
  | 'factors'
  | 'groups'
  | 'identities'
  | 'loginStates'
  | 'memberships'
  | 'principals'
>

/**
 * Who a proof stands for, as the store has it now, and what its profile changes.
 *
 * @throws MORTISE_AUTH_REQUIRED for a proof that has run out, a connection that is not enabled or is gone, somebody unknown
 *   whom it does not register, a principal that is refused everywhere or locked, and a way in that its account does not allow
 */
export async function admissionOf(services: Services, proof: Proof): Promise<Admission> {
  const { clock, connections, principals } = services
  const connection = await connections.get(proof.connection)
  if (!connection?.enabled || (proof.expires !== undefined && proof.expires <= clock.now())) throw refused()
  const id = await principalOf(services, connection, proof.subject)
  const principal = id === undefined ? undefined : await principals.get(id)
  const standing = principal && (await standingOf(services, principal))
  const admits =
    id === undefined
      ? connection.registers
      : principal && standing && mayLogIn(principal, standing, proof, connection.kind, clock.now())
  if (!admits) throw refused()
  return { principal, standing, connection, ...(await moves(services, connection, proof, id)) }
}

/** The id of the principal that somebody of a connection is. */
export async function principalOf(
  { accounts, identities }: Pick<Services, 'accounts' | 'identities'>,
  { name, kind, settings }: Connection,
  subject: string,
): Promise<string | undefined> {
  if (kind === 'certificate' && (settings as CertificateSettings).subject === 'account')
    return accounts.idOfSubject(subject)
  return identities.principalOf(name, subject)
}

/** Whether there is nothing to write. */
export function isSettled({ principal, joins, leaves }: Admission): boolean {
  return principal !== undefined && joins.length === 0 && leaves.length === 0
}

/**
 * A free name for somebody who is registered: its user name or e-mail address outside, or else what it is called for ever.
 * Somebody of that name who is here already is never taken for it: it has to be linked.
 */
export async function freeName({ principals }: Services, proof: Proof): Promise<string> {
  const { connection, subject, profile } = proof
  for (const name of [profile.username, profile.email, identityText(proof)]) {
    if (name !== undefined && isName(name) && (await principals.idOf(name)) === undefined) return name
  }
  return identityText({ connection, subject: hash('sha256', subject) })
}

/** The groups that the connection decides on, where the proof says anything about groups. */
async function moves(
  services: Services,
  { groups: map }: Connection,
  { profile: { groups, roles } }: Proof,
  principal: string | undefined,
): Promise<Pick<Admission, 'joins' | 'leaves'>> {
  if (!groups && !roles) return { joins: [], leaves: [] }
  const { memberships, groups: known } = services
  const outside = [...(groups ?? []), ...(roles ?? [])].filter((name) => Object.hasOwn(map, name))
  const wanted = new Set(outside.map((name) => map[name] as string))
  const has = new Set(principal === undefined ? [] : await memberships.of(principal))
  const joins: string[] = []
  const leaves: string[] = []
  for (const group of new Set(Object.values(map))) {
    if (wanted.has(group) && !has.has(group) && (await known.get(group))) joins.push(group)
    if (!wanted.has(group) && has.has(group) && (await mayLeave(services, group, principal)))
      leaves.push(group)
  }
  return { joins, leaves }
}

/** The last administrator stays one, whatever it is outside. */
async function mayLeave(services: Services, group: string, principal: string | undefined): Promise<boolean> {
  return group !== administrators.id || isAdministeredWithout(services, principal ?? '')
}

/** What was proved of somebody, and when. */
export function factorsOf({ factors }: Proof, kind: ConnectionKind, now: number): readonly ProvedFactor[] {
  return factors ?? [{ method: kind === 'local_account' ? 'password' : kind, at: now }]
}

async function standingOf(services: Services, principal: Principal): Promise<Standing> {
  const [state, account, factors, stays] = await Promise.all([
    services.loginStates.read(principal.id),
    services.accounts.read(principal.id),
    services.factors.enrolled(principal.id),
    administers(services, principal),
  ])
  return { state, account: account.value, factors, administers: stays }
}

/** Neither disabled nor expired, nor locked for passwords, and by a way that its account allows. */
function mayLogIn(
  principal: Principal,
  { state, account, administers: stays }: Standing,
  proof: Proof,
  kind: ConnectionKind,
  now: number,
): boolean {
  if (!isActive(principal, now)) return false
  const { clientType = 'unregistered', ui = false } = proof
  const byPassword = kind === 'local_account' || kind === 'ldap'
  if (byPassword && isLocked(state.value, now)) return false
  const { methods, clientTypes, preventUiLogin } = account
  if (ui && preventUiLogin) return false
  // So that nobody locks the last administrator out.
  if (stays) return true
  if (clientTypes && !clientTypes.includes(clientType)) return false
  const proved = factorsOf(proof, kind, now).map(({ method }): string => method)
  return !methods || methods.some((method) => method.split('_with_').every((one) => proved.includes(one)))
}

function isName(name: string): boolean {
  try {
    checkedName('a principal', name)
    return true
  } catch {
    return false
  }
}

function refused(): MortiseError {
  return new MortiseError('MORTISE_AUTH_REQUIRED')
}
