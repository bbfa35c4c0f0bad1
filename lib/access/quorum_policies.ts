import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { AuditDetail, RecordWrite, Scope } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Cache } from './cache.js'
import { checkedScope, scopeText } from './scope.js'
import { checkedChoice } from './text.js'

/** Key: {@link quorumPolicyKey}. So there is one policy for each act and scope. */
const namespace = 'quorum-policy'

/** All of them are in memory, and looked at with each act that one may be about. */
const mostPolicies = 100

/** What several must agree to, where a policy says so. lib/core/guards.ts has the operations that each stands for. */
export const quorumActs = [
  'ChangeAdministrators',
  'ChangeAuthorities',
  'ChangeBarrier',
  'Destroy',
  'Export',
  'ExportDataKey',
] as const
export type QuorumAct = (typeof quorumActs)[number]

/** Those that are done to an object: a policy on one may have a scope. */
const onObjects: readonly QuorumAct[] = ['Destroy', 'Export', 'ExportDataKey']

const approvals = { least: 1, usual: 2, most: 20 } as const
/** Seconds: from a minute to 30 days; a day. */
const lifetimes = { least: 60, usual: 86_400, most: 30 * 86_400 } as const

/** An act that somebody with the right to it does only once others have approved. */
export interface QuorumPolicy {
  readonly act: QuorumAct
  /** Which objects it is about. Null: every one. */
  readonly scope: Scope | null
  /** How many must approve, besides whoever acts. */
  readonly approvals: number
  /** Id of the group whose members may approve. */
  readonly group: string
  /** Seconds after which a request is gone, with its approvals. */
  readonly lifetime: number
}

/** Which policy is meant. */
export interface QuorumPolicyName {
  readonly act: QuorumAct
  /** Default null: the one on every object. */
  readonly scope?: Scope | null
}

export interface NewQuorumPolicy extends QuorumPolicyName {
  /** 1 to 20. Default 2. */
  readonly approvals?: number
  /** Id or name. */
  readonly group: string
  /** Seconds, 60 to 2,592,000 (30 days). Default 86,400 (a day). */
  readonly lifetime?: number
}

/** @throws MORTISE_INPUT_INVALID */
export function newQuorumPolicy(
  { act, scope = null, approvals: needed = approvals.usual, lifetime = lifetimes.usual }: NewQuorumPolicy,
  group: string,
): QuorumPolicy {
  checkedChoice('act that a quorum can be asked for', quorumActs, [act])
  if (scope !== null && !onObjects.includes(act)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `${act} is done to no object: a policy on it has no scope`,
    )
  }
  const [least, most] = [approvals.least, approvals.most]
  return {
    act,
    scope: scope && checkedScope(scope),
    approvals: within(needed, least, most, `a quorum is ${least} to ${most} approvals`),
    group,
    lifetime: within(
      lifetime,
      lifetimes.least,
      lifetimes.most,
      `a request lives ${lifetimes.least} to ${lifetimes.most} seconds`,
    ),
  }
}

/** `Export`, `Destroy name:invoices/*`. @throws MORTISE_INPUT_INVALID */
export function quorumPolicyKey({ act, scope }: QuorumPolicyName): string {
  return scope ? `${act} ${scopeText(checkedScope(scope))}` : act
}

export function quorumPolicyDetail({ act, scope, approvals, group, lifetime }: QuorumPolicy): AuditDetail {
  return { act, scope: scope && scopeText(scope), approvals, group, lifetime }
}

/** Which acts need approvals. None do unless somebody has said so. */
export class QuorumPolicies {
  readonly #barrier: Barrier
  readonly #records: RecordReader<QuorumPolicy>
  /** All of them under one key: what is loaded while one changes is not kept. */
  readonly #cache: Cache<readonly QuorumPolicy[]>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(1, () => this.list())
  }

  /**
   * Every policy, from memory where they are known.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async all(): Promise<readonly QuorumPolicy[]> {
    return (await this.#cache.get('')) ?? []
  }

  /** The same without waiting; undefined where they are not in memory. */
  known(): readonly QuorumPolicy[] | undefined {
    return this.#cache.known('')
  }

  /** Every policy as the store has it now, in the order of their keys. */
  async list(): Promise<readonly QuorumPolicy[]> {
    return (await this.#records.page(mostPolicies, undefined)).map(({ value }) => value)
  }

  /**
   * One as it is now: for whoever is about to change it.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  read(policy: QuorumPolicyName): Promise<Stored<QuorumPolicy> | undefined> {
    return this.#records.read(quorumPolicyKey(policy))
  }

  /** @throws MORTISE_INPUT_INVALID when there are as many as there can be */
  async write(policy: QuorumPolicy, before: Stored<QuorumPolicy> | undefined): Promise<RecordWrite> {
    if (!before && (await this.list()).length >= mostPolicies) {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `there can be ${mostPolicies} quorum policies: remove one first`,
      )
    }
    const version = (before?.version ?? 0) + 1
    const identity = { namespace, key: quorumPolicyKey(policy), version, expires: null, index: {} }
    return writeRecord(this.#barrier, identity, policy)
  }

  remove({ key, version }: Stored<QuorumPolicy>): RecordWrite {
    return { remove: { namespace, key, version } }
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }
}

function within(value: number, least: number, most: number, message: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new MortiseError('MORTISE_INPUT_INVALID', message)
}
