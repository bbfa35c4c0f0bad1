import { setTimeout } from 'node:timers/promises'
import { decide, mayKnow } from '../access/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import { type KeyRights, rightsKnown, rightsOn } from '../keys/index.js'
import { native } from '../native/index.js'
import {
  AlreadyDone,
  type AlsoOn,
  type AuditDetail,
  type Change,
  encodeAuditRecord,
  isActive,
  type ManagedObject,
  type ObjectOperation,
  type ObjectPermission,
  type Operation,
  type Outcome,
  type Prepared,
  type Principal,
  type Rows,
  type Subject,
  type SystemOperation,
  type Target,
} from '../operation/index.js'
import { type Actor, subjectOf, type Within } from './actor.js'
import { charged } from './charge.js'
import { type Asking, check } from './checks.js'
import { requireFactors } from './factors.js'
import type { Follower } from './follower.js'
import { isGuarded } from './guards.js'
import { QuorumRequired, underQuorum } from './quorum.js'
import type { Services } from './services.js'
import { Turns } from './turns.js'
import { requireObject, requireWithin } from './within.js'

/** A Change that conflicts is prepared again from fresh rows so many times before the caller hears of it. */
const attempts = 20
/** After so many conflicts in a row others are in the way: each further attempt waits, up to so many milliseconds. */
const attemptsAtOnce = 3
const longestWait = 200

/** Decides, executes and records every operation: authenticated principal in, answer out, and no other way. */
export class Pipeline {
  readonly services: Services
  readonly #follower: Follower
  readonly #turns = new Turns()

  constructor(services: Services, follower: Follower) {
    this.services = services
    this.#follower = follower
  }

  /**
   * The answer, once its Change and audit record are committed. A refusal and a failure are recorded too.
   *
   * @throws MORTISE_AUTH_FACTOR_ENROLMENT_REQUIRED and MORTISE_AUTH_STEP_UP_REQUIRED where a policy asks for a second factor
   * @throws MORTISE_ACCESS_DENIED, MORTISE_KEY_NOT_FOUND (also for who has no right to know), MORTISE_KEY_STATE,
   *   MORTISE_KEY_PURPOSE, MORTISE_KEY_USAGE, MORTISE_KEY_PERIOD, MORTISE_KEY_ARCHIVED, MORTISE_KEY_USAGE_LIMIT,
   *   MORTISE_QUORUM_REQUIRED, MORTISE_AUDIT_UNAVAILABLE, and what the operation throws
   */
  async run<Input, Answer>(
    actor: Actor,
    operation: Operation<Services, Input, Answer>,
    input: Input,
  ): Promise<Answer> {
    let endTurn: (() => void) | undefined
    let kept: Prepared<Answer> | undefined
    try {
      for (let attempt = 1; ; attempt++) {
        const tried = await this.#try(actor, operation, input, kept, attempt === attempts).catch((error) => {
          kept?.abandon?.()
          throw error
        })
        if (tried.applied) {
          if (tried.prepared.recheck) await this.#follower.recheck()
          if (tried.prepared.refusal) throw tried.prepared.refusal
          return tried.prepared.answer
        }
        if ('independent' in operation) kept = tried.prepared
        // Each of these makes all others conflict: side by side, many of them would not get through.
        if (tried.prepared?.rows?.newEpoch) endTurn ??= await this.#turns.next()
        await this.#follower.catchUp()
        await standBack(attempt)
      }
    } finally {
      endTurn?.()
    }
  }

  async #try<Input, Answer>(
    actor: Actor,
    operation: Operation<Services, Input, Answer>,
    input: Input,
    kept: Prepared<Answer> | undefined,
    last: boolean,
  ): Promise<Tried<Answer>> {
    // Before anything is read: whoever may do what must not have changed since, when the Change is applied.
    const { epoch, sequence } = this.#follower
    const seen: Seen = { read: [], within: actor.within }
    let prepared: Prepared<Answer>
    try {
      this.services.barrier.requireOpen()
      const subject = subjectOf(this.services, actor)
      const principal = subject instanceof Promise ? await subject : subject
      seen.principal = principal
      if (!principal || !isActive(principal, this.services.clock.now()))
        throw new MortiseError('MORTISE_AUTH_REQUIRED', 'the principal is not enabled any more')
      if (principal.passwordChangeRequired && !operation.beforePasswordChange)
        throw new MortiseError('MORTISE_AUTH_PASSWORD_CHANGE_REQUIRED')
      requireObject(actor.within, operation, input)
      const proving = requireFactors(this.services, actor, principal, operation.name)
      if (proving) await proving
      prepared =
        'target' in operation
          ? await this.#prepareOnObject(operation, input, principal, seen)
          : await this.#prepare(operation, input, principal, seen, kept)
    } catch (error) {
      // What another process has changed since it was read here may be all that is wrong.
      if (error instanceof AlreadyDone) throw error
      if (!last && ofStoredState(error) && (await this.#follower.hasMoved(sequence)))
        return { applied: false }
      try {
        await this.#recordFailure(actor, operation.name, seen, error)
      } catch (failure) {
        // Another process has asked for the same approvals meanwhile.
        if (last || !isMortiseError(failure, 'MORTISE_STORAGE_CONFLICT')) throw failure
        return { applied: false }
      }
      throw error
    }
    try {
      await this.services.store.apply(this.#change(actor, operation, seen, prepared, epoch))
    } catch (error) {
      const again = !last && isMortiseError(error, 'MORTISE_STORAGE_CONFLICT')
      // What is kept for the next attempt must not be undone.
      if (!(again && 'independent' in operation)) prepared.abandon?.()
      if (!again) {
        throw await this.#notApplied(actor, operation, seen, prepared, error)
      }
      for (const { id } of seen.read) this.services.objects.forget(id)
      return { applied: false, prepared }
    }
    this.#settle(prepared, epoch)
    return { applied: true, prepared }
  }

  /** Hears of whatever was committed before, by whichever process. */
  heard(): Promise<void> {
    return this.#follower.heard()
  }

  /**
   * Records what happens outside operations, with what it changes: a login.
   *
   * @throws MORTISE_AUDIT_UNAVAILABLE, MORTISE_STORAGE_CONFLICT when what it changes was changed meanwhile
   */
  async record(actor: Actor, operation: string, outcome: Outcome, entry: RecordEntry = {}): Promise<void> {
    const { rows } = entry
    try {
      await this.services.store.apply({
        ...rows,
        audit: this.#encode(actor, operation, outcome, entry),
        durability: rows ? 'synced' : 'written',
      })
    } catch (cause) {
      throw unrecorded(cause)
    }
    if (rows) this.#settle({ answer: undefined, rows }, this.#follower.epoch)
  }

  async #prepare<Input, Answer>(
    operation: SystemOperation<Services, Input, Answer>,
    input: Input,
    principal: Subject,
    seen: Seen,
    kept: Prepared<Answer> | undefined,
  ): Promise<Prepared<Answer>> {
    const decision = decide(principal, operation.permission)
    if (!decision.allowed) throw denied(principal, operation.permission, decision.reason)
    const also = operation.alsoOn?.(input) ?? []
    const others = await this.#admitOthers(also, operation.name, input, principal, seen)
    // What was made of other objects, or counted against their limits, is made again.
    if (kept && others.length === 0) return kept
    const objects = objectsOf(others)
    const prepared = await this.#approved(operation.name, input, principal, objects, seen, () =>
      operation.prepare(this.services, principal, input, objects),
    )
    return this.#charge(others, input, prepared)
  }

  async #prepareOnObject<Input, Answer>(
    operation: ObjectOperation<Services, Input, Answer>,
    input: Input,
    principal: Subject,
    seen: Seen,
  ): Promise<Prepared<Answer>> {
    const admitted = this.#admit(operation, input, operation.target(input), principal, seen)
    const object = admitted instanceof Promise ? await admitted : admitted
    const { usageLimits } = object.values
    if (!operation.alsoOn && !usageLimits && !isGuarded(operation.name))
      return operation.prepare(this.services, principal, input, object)
    const also = operation.alsoOn?.(input) ?? []
    const others = await this.#admitOthers(also, operation.name, input, principal, seen)
    const prepared = await this.#approved(
      operation.name,
      input,
      principal,
      [object, ...objectsOf(others)],
      seen,
      () => operation.prepare(this.services, principal, input, object, objectsOf(others)),
    )
    return this.#charge([{ asking: operation, object }, ...others], input, prepared)
  }

  /** What was decided is prepared once others have approved it, where a policy says that they must. */
  #approved<Answer>(
    operation: string,
    input: unknown,
    actor: Subject,
    objects: readonly ManagedObject[],
    seen: Seen,
    prepare: () => Promise<Prepared<Answer>>,
  ): Promise<Prepared<Answer>> {
    if (!isGuarded(operation)) return prepare()
    return underQuorum(this.services, { operation, actor, input, objects }, seen.read, prepare)
  }

  async #admitOthers<Input>(
    all: readonly AlsoOn<Input>[],
    name: string,
    input: Input,
    principal: Subject,
    seen: Seen,
  ): Promise<readonly Admitted<Input>[]> {
    const admitted: Admitted<Input>[] = []
    for (const also of all) {
      const asking = { ...also, name }
      admitted.push({ asking, object: await this.#admit(asking, input, also.target, principal, seen) })
    }
    return admitted
  }

  /** Counts what was prepared against the usage limits of every object that has some. */
  async #charge<Input, Answer>(
    all: readonly Admitted<Input>[],
    input: Input,
    prepared: Prepared<Answer>,
  ): Promise<Prepared<Answer>> {
    let counted = prepared
    for (const { asking, object } of all) {
      const { usageLimits } = object.values
      if (usageLimits) counted = await charged(this.services, asking, input, object, usageLimits, counted)
    }
    return counted
  }

  /**
   * The object, once it is decided that the principal may, and checked that the object allows it: at once where all that this
   * takes is in memory.
   */
  #admit<Input>(
    asking: Asking<Input>,
    input: Input,
    target: Target,
    principal: Subject,
    seen: Seen,
  ): ManagedObject | Promise<ManagedObject> {
    const permissions =
      typeof asking.permission === 'function' ? asking.permission(input) : [asking.permission]
    if (permissions.length === 0)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'say what the object is wanted for')
    seen.asked = target.object
    const allow = (object: ManagedObject, rights: KeyRights) => {
      seen.read.push(object)
      demand(permissions, rights, principal, seen)
      requireWithin(seen.within, object)
      check(asking, input, object, this.services.clock.now())
      return object
    }
    const known = this.services.objects.known(target)
    const rights = known && rightsKnown(this.services, principal, known)
    if (rights) {
      seen.object ??= known
      return allow(known, rights)
    }
    return this.#find(target, principal, seen).then(([object, found]) => allow(object, found))
  }

  async #find(target: Target, principal: Subject, seen: Seen): Promise<readonly [ManagedObject, KeyRights]> {
    const object = await this.services.objects.find(target)
    seen.object ??= object
    return [object, await rightsOn(this.services, principal, object)]
  }

  #change(
    actor: Actor,
    operation: Operation<Services, never, unknown>,
    seen: Seen,
    prepared: Prepared<unknown>,
    epoch: number,
  ): Change {
    const { rows, detail, refusal } = prepared
    // Built in one go: every use of a key passes here.
    const audit = this.#encode(actor, operation.name, refusal ? 'denied' : 'success', {
      principal: seen.principal,
      objectId: prepared.object ?? seen.object?.id,
      code: refusal?.code,
      detail,
    })
    const { durability } = operation
    return { ...rows, relies: relies(seen, rows), epoch, audit, durability }
  }

  /** What a process must forget at once when it has changed something itself; others hear of it by the changes table. */
  #settle({ rows, ends }: Prepared<unknown>, epoch: number): void {
    if (!rows && !ends) return
    for (const { object, principal } of ends ?? [])
      native.endLeases(this.services.store.id, object, principal)
    this.#follower.forget([
      ...(rows?.objects ?? []).map(({ row }) => ({ kind: 'object' as const, key: row.id })),
      ...(rows?.grants ?? []).map(written).map(({ object }) => ({ kind: 'grants' as const, key: object })),
      ...(rows?.records ?? []).map(written).map(({ namespace, key }) => ({
        kind: 'record' as const,
        key: `${namespace}/${key}`,
      })),
    ])
    if (rows?.newEpoch) this.#follower.beganEpochAfter(epoch)
  }

  async #recordFailure(actor: Actor, operation: string, seen: Seen, error: unknown): Promise<void> {
    const code = isMortiseError(error) ? error.code : 'MORTISE_INTERNAL'
    const denial =
      code === 'MORTISE_ACCESS_DENIED' ||
      code === 'MORTISE_QUORUM_REQUIRED' ||
      code.startsWith('MORTISE_AUTH_')
    const notFound = code === 'MORTISE_KEY_NOT_FOUND'
    const asked = notFound && typeof seen.asked === 'string' ? { asked: quoted(seen.asked) } : {}
    await this.record(actor, operation, denial || seen.hidden ? 'denied' : 'failed', {
      ...seen,
      code,
      detail: { ...(isMortiseError(error) && error.details), ...asked },
      ...(error instanceof QuorumRequired && error.rows && { rows: error.rows }),
    })
  }

  /** The error to throw when the Change was refused: one that is not about the audit trail itself is on it. */
  async #notApplied(
    actor: Actor,
    operation: Operation<Services, never, unknown>,
    seen: Seen,
    prepared: Prepared<unknown>,
    error: unknown,
  ): Promise<unknown> {
    if (isMortiseError(error, 'MORTISE_STORAGE_CONFLICT') || isMortiseError(error, 'MORTISE_NAME_TAKEN')) {
      await this.#recordFailure(actor, operation.name, seen, error)
      return error
    }
    return prepared.rows === undefined ? unrecorded(error) : error
  }

  #encode(actor: Actor, operation: string, outcome: Outcome, entry: RecordEntry): Buffer {
    return encodeAuditRecord({
      time: this.services.clock.now(),
      principal: entry.principal?.id ?? null,
      principalName: entry.principal?.name ?? null,
      face: actor.face,
      request: actor.request,
      ...(actor.address !== undefined && { address: actor.address }),
      operation,
      object: entry.objectId ?? entry.object?.id ?? null,
      outcome,
      code: entry.code ?? null,
      detail: entry.detail ?? {},
    })
  }
}

/** What was learnt on the way to an answer or refusal. */
interface Seen {
  principal?: Principal | undefined
  /** Id or name that the object was asked for by. */
  asked?: string
  /** The operation's own object, or the first of those that it makes another of. */
  object?: ManagedObject
  /** Every object that was decided on, with the versions of keys by whose name and object groups it was, where those are others. */
  read: ManagedObject[]
  /** The last of them was found, and is not for the principal to know of. */
  hidden?: boolean
  /** What the actor is narrowed to. */
  readonly within: Within | undefined
}

/** An object that was decided on, and what was asked of it. */
interface Admitted<Input> {
  readonly asking: Asking<Input>
  readonly object: ManagedObject
}

/** Throws unless the principal may do all of it. */
function demand(
  permissions: readonly ObjectPermission[],
  rights: KeyRights,
  principal: Subject,
  seen: Seen,
): void {
  if (rights.bearer) seen.read.push(rights.bearer)
  for (const permission of permissions) {
    const decision = decide(principal, permission, rights)
    if (decision.allowed) continue
    if (!mayKnow(principal, rights)) {
      seen.hidden = true
      throw new MortiseError('MORTISE_KEY_NOT_FOUND')
    }
    throw denied(principal, permission, decision.reason)
  }
}

function objectsOf(admitted: readonly Admitted<never>[]): readonly ManagedObject[] {
  return admitted.map(({ object }) => object)
}

/** What came of one attempt: an answer, or something to try again. */
type Tried<Answer> =
  | { readonly applied: true; readonly prepared: Prepared<Answer> }
  | { readonly applied: false; readonly prepared?: Prepared<Answer> }

export interface RecordEntry extends Partial<Seen> {
  /** Where the object was only just made. */
  readonly objectId?: string | undefined
  readonly code?: string | undefined
  readonly detail?: AuditDetail | undefined
  /** What it changes. */
  readonly rows?: Rows
}

/** Waits for a random time that grows with the attempts, so that processes in conflict do not meet again and again. */
async function standBack(attempt: number): Promise<void> {
  if (attempt <= attemptsAtOnce) return
  await setTimeout(Math.random() * Math.min(2 ** (attempt - attemptsAtOnce), longestWait))
}

/** Whether an operation was refused for what the store said, which may have been read a moment too early. */
function ofStoredState(error: unknown): boolean {
  return (
    isMortiseError(error, 'MORTISE_KEY_NOT_FOUND') ||
    isMortiseError(error, 'MORTISE_KEY_STATE') ||
    isMortiseError(error, 'MORTISE_KEY_PERIOD') ||
    isMortiseError(error, 'MORTISE_KEY_ARCHIVED') ||
    isMortiseError(error, 'MORTISE_ACCESS_DENIED') ||
    isMortiseError(error, 'MORTISE_AUTH_REQUIRED') ||
    isMortiseError(error, 'MORTISE_AUTH_STEP_UP_REQUIRED') ||
    isMortiseError(error, 'MORTISE_AUTH_FACTOR_ENROLMENT_REQUIRED') ||
    isMortiseError(error, 'MORTISE_QUORUM_REQUIRED') ||
    isMortiseError(error, 'MORTISE_AUTH_PASSWORD_CHANGE_REQUIRED') ||
    // Sealed with a version of the keyring that this process has not heard of yet.
    isMortiseError(error, 'MORTISE_BARRIER_INTEGRITY')
  )
}

/** What somebody asked for, which may be anything, as the trail shows it: at most 255 characters, none of them a control. */
function quoted(text: string): string {
  return text
    .slice(0, 255)
    .replace(/[\p{Cc}\p{Cf}]/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .slice(0, 255)
}

/** What was read of objects and is not written: it must be the same still. */
function relies({ read }: Seen, rows: Rows | undefined): NonNullable<Change['relies']> {
  const relied: { object: string; version: number }[] = []
  for (const { id, version } of read) {
    if (!rows?.objects?.some(({ row }) => row.id === id)) relied.push({ object: id, version })
  }
  return relied
}

function written<Row>(write: { readonly row: Row } | { readonly remove: Row }): Row {
  return 'row' in write ? write.row : write.remove
}

function denied(principal: Subject, permission: string, reason: string): MortiseError {
  return new MortiseError('MORTISE_ACCESS_DENIED', `${principal.name} may not ${permission}: ${reason}`, {
    details: { permission },
  })
}

function unrecorded(cause: unknown): MortiseError {
  if (isMortiseError(cause, 'MORTISE_CLOSED') || isMortiseError(cause, 'MORTISE_STORAGE_CONFLICT'))
    return cause
  return new MortiseError('MORTISE_AUDIT_UNAVAILABLE', undefined, { cause })
}
