import { hash } from 'node:crypto'
import {
  covers,
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
 * the group that approves it, or takes a member of that over by a password, a token or a second factor less, needs the approvals that it
 * asks for.
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
  // The steps that finish what was begun with approvals need none of their own: RemoveRootKeys, and RotateKeyring with `pending`.
  ['AddRootKey', onBarrier(() => true)],
  ['RotateKeyring', onBarrier(({ pending }) => pending === undefined)],
  ['RetireKeyring', onBarrier(() => true)],
  [
    'CreatePrincipal',
    (_services, _act, input, policies) => under(ofAdministrators(policies, hasRole(input)), input),
  ],
  [
    'CreateGroup',
    (_services, _act, input, policies) => under(ofAdministrators(policies, hasRole(input)), input),
  ],
  ['SetPrincipal', changesPrincipal],
  ['SetPassword', takesOver],
  ['CreateToken', takesOver],
  ['RemoveFactor', takesOver],
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

function onBarrier(counts: (input: Input) => boolean): Guard {
  return (_services, _act, input, policies) => {
    const told = input instanceof NewRoot ? { place: input.place } : input
    return under(counts(input) ? policies.filter(({ act }) => act === 'ChangeBarrier') : [], told)
  }
}

async function changesPrincipal(
  services: Services,
  _act: Act,
  input: Input,
  policies: Policies,
): Promise<Guarded> {
  const { value: before } = await services.principals.read(String(input['principal']))
  const { held } = await services.subjects.complete(before)
  const enabled = (input['enabled'] as boolean | undefined) ?? before.enabled
  const own = hasRole(input['roles'] === undefined ? before : input)
  const through = held.some(({ role, through }) => role.name === 'administrator' && through !== null)
  const changes =
    own !== hasRole(before) || (enabled !== before.enabled && (own || hasRole(before) || through))
  return under(ofAdministrators(policies, changes), { ...input, principal: before.id })
}

/**
 * A password or token of somebody else's, with which one could do what that one may: approve, among other things. A second factor
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
  const reaches = ({ act, group }: QuorumPolicy) =>
    (act === 'ChangeAdministrators' && isAdministrator(subject)) || subject.groups.has(group)
  return under(principal.id === actor.id ? [] : policies.filter(reaches), {
    ...input,
    principal: principal.id,
  })
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
const secrets: ReadonlySet<string> = new Set(['password', 'passphrase', 'hex'])

/** An input as those who approve see it. */
export function shown(input: Input): AuditDetail {
  const fields = Object.entries(input).filter(([, value]) => value !== undefined)
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
