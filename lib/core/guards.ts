import { hash } from 'node:crypto'
import {
  covers,
  globalPolicy,
  isAdministrator,
  type QuorumAct,
  type QuorumPolicy,
  quorumPolicyKey,
} from '../access/index.js'
import { NewRoot } from '../barrier/index.js'
import type { AuditDetail, ManagedObject, Subject } from '../operation/index.js'
import type { Services } from './services.js'

/** Somebody who has the right to do something, about to do it. */
export interface Act {
  /** Name of the operation. */
  readonly operation: string
  readonly actor: Subject
  readonly input: unknown
  /** Every object that was decided on: the operation's own first. */
  readonly objects: readonly ManagedObject[]
}

/** What of an act policies can ask approvals of. */
export interface Guarded {
  readonly policies: readonly QuorumPolicy[]
  /** What of its input is to be approved. */
  readonly input: Input
  /** Whose name and object groups that was decided by, where it is not one of the act's objects. */
  readonly relied: readonly ManagedObject[]
}

type Input = Readonly<Record<string, unknown>>
type Policies = readonly QuorumPolicy[]
type Guard = (services: Services, act: Act, input: Input, policies: Policies) => Guarded | Promise<Guarded>

/**
 * Every operation that a quorum policy can be about, and when it is. Policies guard themselves: who changes one, lets somebody into
 * the group that approves it, or takes a member of that over by a password, a token, a linked identity, a connection or a second factor
 * less, needs the approvals that it asks for.
 */
const guards: ReadonlyMap<string, Guard> = new Map<string, Guard>([
  // Under another key too: whoever may unwrap with that one has it in the clear.
  ['Export', onObject('Export', (_input, { type }) => type !== 'PublicKey' && type !== 'Certificate')],
  // Shares that can be exported are the key, and have another name.
  ['CreateSplitKey', onObject('Export', ({ extractable }) => Boolean(extractable))],
  ['GenerateDataKey', onObject('ExportDataKey', ({ as }) => as === 'plaintext')],
  ['DecryptDataKey', onObject('ExportDataKey', ({ as }) => as === 'plaintext')],
  ['Destroy', onObject('Destroy', () => true)],
  ['AddAttribute', leavesScope],
  ['ModifyAttribute', leavesScope],
  ['SetAttribute', leavesScope],
  ['DeleteAttribute', leavesScope],
  ['SelfSign', changesAuthority],
  ['InstallCertificate', changesAuthority],
  ['RenewAuthority', changesAuthority],
  ['RegisterAuthority', changesAuthority],
  ['DeleteAuthority', changesAuthority],
  [
    'SetAuthority',
    (services, act, input, policies) =>
      changesAuthority(services, act, input, input['trust'] === undefined ? [] : policies),
  ],
  // The steps that finish what was begun with approvals need none of their own: RemoveRootKeys, and RotateKeyring with `pending`.
  ['AddRootKey', onBarrier(() => true)],
  ['RotateKeyring', onBarrier(({ pending }) => pending === undefined)],
  ['RetireKeyring', onBarrier(() => true)],
  [
    'CreatePrincipal',
    (_services, _act, input, policies) => under(ofAdministrators(policies, hasRole(input)), input),
  ],
  [
    'CreateClient',
    (_services, _act, input, policies) => under(ofAdministrators(policies, hasRole(input)), input),
  ],
  [
    'CreateGroup',
    (_services, _act, input, policies) => under(ofAdministrators(policies, hasRole(input)), input),
  ],
  ['SetPrincipal', changesPrincipal],
  ['DeletePrincipal', deletesPrincipal],
  [
    'DeleteOwnClient',
    (services, act, _input, policies) =>
      deletesPrincipal(services, act, { principal: act.actor.id }, policies),
  ],
  ['SetPassword', takesOver],
  ['CreateToken', takesOver],
  ['GetClientSecrets', takesOverClient],
  ['RotateClientSecret', takesOverClient],
  ['RemoveFactor', takesOver],
  ['LinkIdentity', takesOver],
  ['UnlinkIdentity', unlinks],
  ['AdmitIdentity', admits],
  ['CreateConnection', changesConnection],
  ['SetConnection', changesConnection],
  ['DeleteConnection', deletesConnection],
  ['CreatePasswordPolicy', changesLockout],
  ['SetPasswordPolicy', changesLockout],
  ['DeletePasswordPolicy', changesLockout],
  ['AddMember', changesMembers],
  ['RemoveMember', changesMembers],
  ['SetGroup', changesGroup],
  ['DeleteGroup', changesGroup],
  ['SetQuorumPolicy', changesPolicy],
  ['RemoveQuorumPolicy', changesPolicy],
])

/** The operations that there can be a policy about: of no other is anything asked. */
export const guarded: readonly string[] = [...guards.keys()]

export function isGuarded(operation: string): boolean {
  return guards.has(operation)
}

/** What policies ask approvals of in an act; undefined where none does, whatever the input. */
export async function guardedBy(services: Services, act: Act): Promise<Guarded | undefined> {
  const guard = guards.get(act.operation)
  if (!guard) return undefined
  const policies = services.quorumPolicies.known() ?? (await services.quorumPolicies.all())
  if (policies.length === 0) return undefined
  return guard(services, act, (act.input ?? {}) as Input, policies)
}

function under(policies: Policies, input: Input, relied: readonly ManagedObject[] = []): Guarded {
  return { policies, input, relied }
}

function onObject(name: QuorumAct, counts: (input: Input, object: ManagedObject) => boolean): Guard {
  return async (services, { objects: [object] }, input, policies) => {
    if (!object || !counts(input, object)) return under([], input)
    const { object: _, ...rest } = input
    return about(
      services,
      object,
      policies.filter(({ act }) => act === name),
      rest,
    )
  }
}

/** Of policies those whose scope the object is in: by the name and object groups of its key, as with roles and grants. */
async function about(
  services: Services,
  object: ManagedObject,
  policies: Policies,
  input: Input,
): Promise<Guarded> {
  if (policies.every(({ scope }) => scope === null)) return under(policies, input)
  const bearer = await services.objects.bearer(object)
  const named = { name: bearer.name, objectGroups: bearer.values.objectGroups ?? [] }
  const inScope = policies.filter(({ scope }) => scope === null || covers(scope, named))
  return under(inScope, input, bearer === object ? [] : [bearer])
}

/** A key that goes by another name or group would be out of reach of the policies on the scope that it was in. */
async function leavesScope(services: Services, act: Act, input: Input, policies: Policies): Promise<Guarded> {
  const [object] = act.objects
  if (!object || (input['name'] !== 'Name' && input['name'] !== 'ObjectGroup')) return under([], input)
  const { object: _, ...rest } = input
  return about(
    services,
    object,
    policies.filter(({ scope }) => scope !== null),
    rest,
  )
}

/** What is trusted from then on, or is not any more. Of an authority that is there its id is approved, whatever it was named by. */
function changesAuthority(
  _services: Services,
  { objects: [object] }: Act,
  input: Input,
  policies: Policies,
): Guarded {
  return under(
    policies.filter(({ act }) => act === 'ChangeAuthorities'),
    object ? { ...input, authority: object.id } : input,
  )
}

function onBarrier(counts: (input: Input) => boolean): Guard {
  return (_services, _act, input, policies) => {
    const told = input instanceof NewRoot ? { place: input.place } : input
    return under(counts(input) ? policies.filter(({ act }) => act === 'ChangeBarrier') : [], told)
  }
}

async function changesPrincipal(
  services: Services,
  { actor }: Act,
  input: Input,
  policies: Policies,
): Promise<Guarded> {
  const { value: before } = await services.principals.read(String(input['principal']))
  const subject = await services.subjects.complete(before)
  const stands = input['enabled'] ?? before.enabled
  const expires = input['expires'] === undefined ? before.expires : input['expires']
  const own = hasRole(input['roles'] === undefined ? before : input)
  const through = subject.held.some(({ role, through }) => role.name === 'administrator' && through !== null)
  const changes =
    own !== hasRole(before) ||
    ((stands !== before.enabled || expires !== before.expires) && (own || hasRole(before) || through))
  const proves = before.id !== actor.id && proving.some((field) => input[field] !== undefined)
  const reached = proves ? reaching(policies, subject) : []
  return under([...new Set([...ofAdministrators(policies, changes), ...reached])], {
    ...input,
    principal: before.id,
  })
}

/** What of an account says how somebody proves to be it, or how often that may be tried. */
const proving = ['certificateSubject', 'methods', 'password', 'passwordPolicy', 'unlock'] as const

/** Whoever is gone administers nothing, and approves nothing. */
async function deletesPrincipal(
  services: Services,
  _act: Act,
  input: Input,
  policies: Policies,
): Promise<Guarded> {
  const { value: principal } = await services.principals.read(String(input['principal']))
  const subject = await services.subjects.complete(principal)
  return under(reaching(policies, subject), { ...input, principal: principal.id })
}

/**
 * A password, token or identity of somebody else's, with which one could do what that one may: approve, among other things. A second factor
 * taken away leaves the password alone, and lets whoever has that enrol another.
 */
async function takesOver(
  services: Services,
  { actor }: Act,
  input: Input,
  policies: Policies,
): Promise<Guarded> {
  const { value: principal } = await services.principals.read(String(input['principal']))
  const subject = await services.subjects.complete(principal)
  const reached = principal.id === actor.id ? [] : reaching(policies, subject)
  return under(reached, { ...input, principal: principal.id })
}

function takesOverClient(services: Services, act: Act, { client, ...input }: Input, policies: Policies) {
  return takesOver(services, act, { ...input, principal: client }, policies)
}

/** The policies that somebody approves, or is protected by as an administrator. */
function reaching(policies: Policies, subject: Subject): Policies {
  return policies.filter(
    ({ act, group }) =>
      (act === 'ChangeAdministrators' && isAdministrator(subject)) || subject.groups.has(group),
  )
}

async function unlinks(services: Services, act: Act, input: Input, policies: Policies): Promise<Guarded> {
  const identity = await services.identities.read(input as never)
  if (!identity) return under([], input)
  const { policies: reached } = await takesOver(services, act, identity.value as never, policies)
  return under(reached, input)
}

/** Who is let in gets into the groups of its connection. The host, which does this at a login, is asked for nothing. */
async function admits(services: Services, _act: Act, input: Input, policies: Policies): Promise<Guarded> {
  const connection = await services.connections.get(String(input['connection']))
  return under(await mappingInto(services, policies, Object.values(connection?.groups ?? {})), input)
}

/**
 * A connection proves people, and says which groups they are in: whoever changes it can come in as anybody whom it has linked, and let
 * anybody into these groups.
 */
async function changesConnection(
  services: Services,
  { operation }: Act,
  input: Input,
  policies: Policies,
): Promise<Guarded> {
  const { connection: name, description: _, enabled, ...more } = input
  if (operation === 'SetConnection' && enabled !== true && Object.keys(more).length === 0)
    return under([], input)
  const before = operation === 'SetConnection' ? await services.connections.get(String(name)) : undefined
  const groups: Record<string, string> = {}
  for (const [outside, group] of Object.entries((input['groups'] ?? {}) as Record<string, string>))
    groups[outside] = (await services.groups.find(group)).id
  const mapped = [...Object.values(groups), ...Object.values(before?.groups ?? {})]
  const after = { ...before?.settings, ...(input['settings'] as Input | undefined) }
  const isCertificate = (before?.kind ?? input['kind']) === 'certificate'
  const bySubject = isCertificate && [...(before ? [before.settings] : []), after].some(isByAccount)
  const reached = [
    ...(await mappingInto(services, policies, mapped)),
    ...(before ? await reachingAny(services, policies, linkedThrough(services, before.name)) : []),
    ...(bySubject ? await reachingAny(services, policies, services.accounts.certified()) : []),
  ]
  return under([...new Set(reached)], input['groups'] === undefined ? input : { ...input, groups })
}

/** Whoever is unlinked with its connection approves nothing any more. */
async function deletesConnection(
  services: Services,
  _act: Act,
  input: Input,
  policies: Policies,
): Promise<Guarded> {
  const linked = linkedThrough(services, String(input['connection']))
  const reached = input['force'] ? await reachingAny(services, policies, linked) : []
  return under(reached, input)
}

/** Whether certificates are those of accounts, which are linked to no connection: so it is where nothing else is said. */
function isByAccount(settings: object): boolean {
  return { subject: 'account', ...settings }.subject === 'account'
}

/** The policies that members of some groups approve, or would come to administer in spite of. */
async function mappingInto(
  services: Services,
  policies: Policies,
  groups: readonly string[],
): Promise<Policies> {
  const found = await Promise.all(groups.map((group) => services.groups.get(group)))
  return policies.filter(({ act, group }) =>
    found.some((one) => one && (one.id === group || (act === 'ChangeAdministrators' && hasRole(one)))),
  )
}

/** The policies that any of some principals reaches. */
async function reachingAny(
  { subjects }: Services,
  policies: Policies,
  principals: AsyncIterable<string>,
): Promise<Policies> {
  const reached = new Set<QuorumPolicy>()
  for await (const id of principals) {
    const subject = await subjects.get(id)
    if (subject) for (const policy of reaching(policies, subject)) reached.add(policy)
  }
  return [...reached]
}

async function* linkedThrough({ identities }: Services, connection: string): AsyncGenerator<string> {
  for await (const { principal } of identities.all('connection', connection)) yield principal
}

/** Without a lock whoever guesses passwords and codes of those who approve may go on guessing. Administrators may have any policy. */
async function changesLockout(
  services: Services,
  { operation }: Act,
  input: Input,
  policies: Policies,
): Promise<Guarded> {
  const { policy: name = input['name'], lockoutThresholds, lockoutWindowMinutes } = input
  const asked = lockoutThresholds !== undefined || lockoutWindowMinutes !== undefined
  if (operation === 'SetPasswordPolicy' && !asked) return under([], input)
  const reached: QuorumPolicy[] = []
  for (const policy of policies) {
    if (policy.act === 'ChangeAdministrators' || (await anyHas(services, policy.group, String(name))))
      reached.push(policy)
  }
  return under(reached, input)
}

/** Whether the account of a member of a group has a password policy. */
async function anyHas({ accounts, memberships }: Services, group: string, policy: string): Promise<boolean> {
  for await (const principal of memberships.all(group)) {
    const { passwordPolicy } = (await accounts.read(principal)).value
    if ((passwordPolicy ?? globalPolicy.name) === policy) return true
  }
  return false
}

async function changesMembers(
  services: Services,
  _act: Act,
  input: Input,
  policies: Policies,
): Promise<Guarded> {
  const group = await services.groups.find(String(input['group']))
  const { id: principal } = await services.principals.find(String(input['principal']))
  return under(
    policies.filter(
      (policy) => (policy.act === 'ChangeAdministrators' && hasRole(group)) || policy.group === group.id,
    ),
    { group: group.id, principal },
  )
}

/** Deleted, it has no role any more. */
async function changesGroup(
  services: Services,
  { operation }: Act,
  input: Input,
  policies: Policies,
): Promise<Guarded> {
  const group = await services.groups.find(String(input['group']))
  const after = operation === 'SetGroup' && hasRole(input['roles'] === undefined ? group : input)
  return under(ofAdministrators(policies, hasRole(group) !== after), { ...input, group: group.id })
}

async function changesPolicy(
  services: Services,
  _act: Act,
  input: Input,
  policies: Policies,
): Promise<Guarded> {
  const { group, ...rest } = input
  const key = quorumPolicyKey(input as never)
  return under(
    policies.filter((policy) => quorumPolicyKey(policy) === key),
    group === undefined ? rest : { ...rest, group: (await services.groups.find(String(group))).id },
  )
}

function ofAdministrators(policies: Policies, changes: boolean): Policies {
  return changes ? policies.filter(({ act }) => act === 'ChangeAdministrators') : []
}

function hasRole({ roles }: { readonly roles?: unknown }): boolean {
  return [...((roles ?? []) as Iterable<unknown>)].includes('administrator')
}

/** Fields that nobody is shown. */
const secrets: ReadonlySet<string> = new Set(['password', 'passphrase', 'hex', 'secret'])

/** An input as those who approve see it. */
export function shown(input: Input): AuditDetail {
  const fields = Object.entries(input).filter(
    ([, value]) => value !== undefined && typeof value !== 'function',
  )
  return Object.fromEntries(
    fields.map(([name, value]) => [name, secrets.has(name) ? 'given' : shownValue(value)]),
  )
}

function shownValue(value: unknown): AuditDetail[string] {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value
  if (value instanceof Uint8Array) return `SHA-256 ${hash('sha256', value)}`
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value
  return JSON.stringify(value)
}
