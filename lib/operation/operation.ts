import type { MortiseError } from '../errors/index.js'
import type { Change, Durability } from './change.js'
import type { ObjectAttributes, ObjectRow, Purpose, State, Usage } from './object.js'
import type { ObjectPermission, SystemPermission } from './permission.js'
import type { Subject } from './principal.js'

/** A managed object as operations see it: what its row says, checked against the HMAC, with its attributes parsed. */
export interface ManagedObject extends Omit<ObjectRow, 'attributes' | 'terms' | 'mac'> {
  readonly values: Readonly<ObjectAttributes>
}

/** What an operation writes besides its audit record. */
export type Rows = Pick<Change, 'objects' | 'grants' | 'records' | 'prunes' | 'newEpoch'>

/** What the audit record of an operation says beyond who, what, when and on which object. Never key bytes. */
export type AuditDetail = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/** The result of {@link Operation.prepare}: an answer that is given only once `rows` and the audit record are committed. */
export interface Prepared<Answer> {
  readonly answer: Answer
  readonly rows?: Rows
  readonly detail?: AuditDetail
  /** The object that the audit record names, where the operation made it. */
  readonly object?: string
  /** Leases that end at once when this is committed: those on an object, of one principal or (null) of all. */
  readonly ends?: readonly { readonly object: string | null; readonly principal: string | null }[]
  /** Whether every open lease is decided again once this is committed, before the answer: rights went that any may rest on. */
  readonly recheck?: true
  /** What it ends with once this is committed: a refusal that leaves rows behind, such as one that is counted. */
  readonly refusal?: MortiseError
  /** Undoes what prepare made outside the store (native handles) when the Change is not applied. */
  abandon?(): void
}

/**
 * What `prepare` throws when what it was to do is done already, by another process that came first: the trail has it from
 * there, so it is no failure.
 */
export class AlreadyDone extends Error {}

/** How an operation names the object it works on. */
export interface Target {
  /** Object id or name. A name means the newest version of a key, whatever its state. */
  readonly object: string
  /** Which version of the family it is, where the input says so: a sealed record names its own. */
  version?(object: ManagedObject): number | undefined
}

interface OperationBase {
  /** KMIP's name where it has one; what the audit record says. */
  readonly name: string
  /** `synced` for what changes something or releases secret material, `written` for what only uses a key or reads. */
  readonly durability: Durability
  /** Whether somebody may do it who must change its password first. Default no. */
  readonly beforePasswordChange?: true
}

/** What an operation asks of an object. */
export interface Asks<Input> {
  /** What is decided: all of them where the input says which. */
  readonly permission: ObjectPermission | ((input: Input) => readonly ObjectPermission[])
  /** The states of the object in which it is allowed. */
  readonly states: readonly State[] | ((input: Input) => readonly State[])
  /** The purposes of keys that it may touch. */
  readonly purposes: readonly Purpose[]
  /** Whether it is allowed on an object whose destruction is scheduled. Default no: such an object is as good as gone. */
  readonly whileDoomed?: true
  /** The bits of the usage mask that the key must carry. */
  readonly usage?: Usage | ((input: Input, object: ManagedObject) => readonly Usage[])
  /**
   * Whether it processes what was protected before, whatever usage it asks for: a JWE is made and opened by KeyAgreement, which
   * otherwise protects.
   */
  readonly processes?: true
  /** Whether it serves archived objects too. Default: not before they are recovered. */
  readonly archived?: true
  /**
   * How many bytes it protects, which usage limits count; `itself` where it counts its uses by its own reservations. An
   * operation that protects and does not say cannot be counted in bytes.
   */
  readonly protects?: 'itself' | ((input: Input) => number)
  /** How many uses of the object it is, where that is not one: usage limits count them. */
  readonly uses?: (input: Input) => number
}

/** A further object that an operation works with, decided, checked and relied on like any: another key that wraps, say. */
export interface AlsoOn<Input> extends Asks<Input> {
  readonly target: Target
}

/** An operation on one managed object. */
export interface ObjectOperation<Services, Input, Answer> extends OperationBase, Asks<Input> {
  target(input: Input): Target
  /** None by default. */
  alsoOn?(input: Input): readonly AlsoOn<Input>[]
  /** @param others those of `alsoOn`, in their order */
  prepare(
    services: Services,
    actor: Subject,
    input: Input,
    object: ManagedObject,
    others?: readonly ManagedObject[],
  ): Promise<Prepared<Answer>>
}

/** An operation on the system: it makes an object, or administers. */
export interface SystemOperation<Services, Input, Answer> extends OperationBase {
  readonly permission: SystemPermission
  /**
   * Whether `prepare` reads nothing that somebody else may change: when its Change conflicts, only the decision is made
   * again, and a key that took a second to generate is not thrown away.
   */
  readonly independent?: true
  /** Objects that what it makes is made of. None by default. */
  alsoOn?(input: Input): readonly AlsoOn<Input>[]
  /** @param others those of `alsoOn`, in their order */
  prepare(
    services: Services,
    actor: Subject,
    input: Input,
    others?: readonly ManagedObject[],
  ): Promise<Prepared<Answer>>
}

/**
 * An operation as a value. `prepare` generates, calls the key provider, reads; it writes nothing: it returns the answer
 * and the rows, and the pipeline of lib/core commits them with the audit record. A conflict runs prepare again.
 */
export type Operation<Services, Input, Answer> =
  | ObjectOperation<Services, Input, Answer>
  | SystemOperation<Services, Input, Answer>
