import { decide, grounds, isObjectPermission, mayKnow } from '../access/index.js'
import { type ErrorCode, isMortiseError, MortiseError } from '../errors/index.js'
import { rightsOn } from '../keys/index.js'
import {
  isActive,
  type ManagedObject,
  type ObjectOperation,
  type Permission,
  type Principal,
  type Subject,
  type SystemOperation,
} from '../operation/index.js'
import { type AnyOperation, catalogue } from './catalogue.js'
import { checks } from './checks.js'
import { isGuarded } from './guards.js'
import { explainQuorum } from './quorum.js'
import type { Services } from './services.js'

export interface ExplainInput {
  /** Whose access: id or name. */
  readonly principal: string
  /** Name of the operation, as the audit trail has it: `Encrypt`, `OpenCipher`, `CreatePrincipal`. */
  readonly operation: string
  /** Id or name, for an operation on an object. */
  readonly object?: string
  /** The other fields of the operation's input, for an operation that depends on them: `{ purposes: ['encrypt'] }`. */
  readonly input?: Readonly<Record<string, unknown>>
}

/** One thing that is looked at. */
export interface AccessStep {
  /**
   * In this order: `principal`; for each permission `permission`, or on an object `owner`, `roles`, `grants`, `scopes` and
   * then `permission`, which sums them up; `purpose` and what else is asked of the object itself; `quorum`, of what others may have
   * to approve.
   */
  readonly check: string
  /** The permission that is asked for, where it is about one. */
  readonly permission: Permission | null
  /** `silent`: it neither allows nor refuses. */
  readonly verdict: 'allows' | 'refuses' | 'silent'
  readonly reason: string
}

export interface AccessExplanation {
  readonly allowed: boolean
  /** Of the error that the operation would end with; null where it is allowed. */
  readonly code: ErrorCode | null
  /** Whose access it is. */
  readonly principal: string
  readonly operation: string
  /** Id of the object that is meant. */
  readonly object: string | null
  readonly steps: readonly AccessStep[]
}

type AnyInput = Readonly<Record<string, unknown>>

/**
 * Says whether somebody may do something now and why, by running what decides it, step by step, and nothing of the operation.
 * What depends on the data itself (a ciphertext, a limit that is reached) is not foretold.
 *
 * @throws MORTISE_PRINCIPAL_NOT_FOUND, MORTISE_KEY_NOT_FOUND also for an object that the actor has no right to know of,
 *   MORTISE_INPUT_INVALID for an operation that is unknown or needs more input
 */
export const explainAccess: SystemOperation<Services, ExplainInput, AccessExplanation> = {
  name: 'ExplainAccess',
  permission: 'AccessExplain',
  durability: 'written',
  async prepare(services, actor, input) {
    const operation = catalogue.get(input.operation)
    if (!operation) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `${input.operation} is not an operation: give one of ${[...catalogue.keys()].sort().join(', ')}`,
      )
    }
    const { value: principal } = await services.principals.read(input.principal)
    const subject = await services.subjects.complete(principal)
    const [standing, barred] = standingOf(principal, services.clock.now(), operation)
    const first = step('principal', barred === null, standing)
    const { object, steps, code } =
      'target' in operation
        ? await onObject(
            services,
            actor,
            subject,
            operation as ObjectOperation<Services, AnyInput, unknown>,
            input,
          )
        : onSystem(subject, operation.permission)
    const quorum = isGuarded(operation.name)
      ? await quorumStep(services, subject, operation, input, object)
      : undefined
    const lacks = quorum?.verdict === 'refuses' ? 'MORTISE_QUORUM_REQUIRED' : null
    const refusal = barred ?? code ?? lacks
    return {
      answer: {
        allowed: refusal === null,
        code: refusal,
        principal: principal.id,
        operation: operation.name,
        object: object?.id ?? null,
        steps: [first, ...steps, ...(quorum ? [quorum] : [])],
      },
      ...(object && { object: object.id }),
      detail: { principal: principal.id, operation: operation.name, allowed: refusal === null },
    }
  },
}

/** How a principal stands, and the code that this refuses everything else with. */
function standingOf(
  principal: Principal,
  now: number,
  { beforePasswordChange }: { readonly beforePasswordChange?: true },
): [string, ErrorCode | null] {
  if (!principal.enabled) return ['disabled', 'MORTISE_AUTH_REQUIRED']
  if (!isActive(principal, now)) return ['expired', 'MORTISE_AUTH_REQUIRED']
  if (principal.passwordChangeRequired && !beforePasswordChange) {
    return ['must change its password', 'MORTISE_AUTH_PASSWORD_CHANGE_REQUIRED']
  }
  return ['enabled', null]
}

interface Explained {
  readonly object?: ManagedObject
  readonly steps: AccessStep[]
  readonly code: ErrorCode | null
}

function onSystem(subject: Subject, permission: Permission): Explained {
  const { allowed, reason } = decide(subject, permission)
  return {
    steps: [step('permission', allowed, reason, permission)],
    code: allowed ? null : 'MORTISE_ACCESS_DENIED',
  }
}

async function onObject(
  services: Services,
  actor: Subject,
  subject: Subject,
  operation: ObjectOperation<Services, AnyInput, unknown>,
  { object: named, input: more = {} }: ExplainInput,
): Promise<Explained> {
  if (named === undefined) {
    throw new MortiseError('MORTISE_INPUT_INVALID', `${operation.name} is done to an object: name it`)
  }
  const input = { ...more, object: named }
  const object = await services.objects.find({ object: named })
  if (!mayKnow(actor, await rightsOn(services, actor, object)))
    throw new MortiseError('MORTISE_KEY_NOT_FOUND')

  const rights = await rightsOn(services, subject, object)
  const steps: AccessStep[] = []
  let code: ErrorCode | null = null
  const refuse = (refusal: ErrorCode) => {
    code ??= refusal
  }
  for (const permission of permissionsOf(operation, input)) {
    for (const [check, ground] of Object.entries(grounds)) {
      const reason = isObjectPermission(permission) ? ground(subject, permission, rights) : undefined
      steps.push({
        check,
        permission,
        verdict: reason === undefined ? 'silent' : 'allows',
        reason: reason?.() ?? silence[check as keyof typeof grounds](subject),
      })
    }
    const { allowed, reason } = decide(subject, permission, rights)
    steps.push(step('permission', allowed, reason, permission))
    if (!allowed) refuse(mayKnow(subject, rights) ? 'MORTISE_ACCESS_DENIED' : 'MORTISE_KEY_NOT_FOUND')
  }
  for (const [name, check] of Object.entries(checks)) {
    const refusal = refusalOf(() => check(operation, input, object, services.clock.now()))
    if (refusal) refuse(refusal.code)
    steps.push(step(name, !refusal, refusal?.message ?? `the ${name} of the object allows it`))
  }
  return { object, steps, code }
}

async function quorumStep(
  services: Services,
  actor: Subject,
  { name: operation, alsoOn }: Pick<AnyOperation, 'name' | 'alsoOn'>,
  { input = {} }: ExplainInput,
  object: ManagedObject | undefined,
): Promise<AccessStep> {
  const depends = (on: string): AccessStep => ({
    check: 'quorum',
    permission: null,
    verdict: 'silent',
    reason: `whether others must approve depends on ${on}`,
  })
  if (!object && alsoOn) return depends('the keys that it is done with')
  try {
    const objects = object ? [object] : []
    const found = await explainQuorum(services, { operation, actor, input, objects })
    return step('quorum', found?.allowed ?? true, found?.reason ?? 'no policy asks for approvals')
  } catch (error) {
    if (isMortiseError(error)) return depends(`the input: ${error.message}`)
    throw error
  }
}

/** Why a ground says nothing. */
const silence: Readonly<Record<keyof typeof grounds, (subject: Subject) => string>> = {
  owner: ({ name }) => `${name} is not the owner`,
  roles: ({ held }) =>
    held.length === 0 ? 'no roles' : `not in the roles ${held.map(({ role }) => role.name).join(', ')}`,
  grants: ({ groups }) =>
    groups.size === 0
      ? 'no grant on the key'
      : `no grant on the key, nor through the groups ${[...groups.values()].join(', ')}`,
  scopes: ({ scoped }) =>
    scoped.length === 0 ? 'no grant on a scope' : 'no grant on a scope that the key is in',
}

function permissionsOf(
  { name, permission }: ObjectOperation<Services, AnyInput, unknown>,
  input: AnyInput,
): readonly Permission[] {
  if (typeof permission !== 'function') return [permission]
  try {
    return permission(input)
  } catch (cause) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `what ${name} needs depends on its input: give that too`,
      {
        cause,
      },
    )
  }
}

function refusalOf(check: () => void): MortiseError | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (isMortiseError(error)) return error
    throw new MortiseError('MORTISE_INPUT_INVALID', 'what is allowed depends on the input: give that too', {
      cause: error,
    })
  }
}

function step(
  check: string,
  allowed: boolean,
  reason: string,
  permission: Permission | null = null,
): AccessStep {
  return { check, permission, verdict: allowed ? 'allows' : 'refuses', reason }
}
