import { type Barrier, RecordReader, type Stored, writeRecord } from '../../barrier/index.js'
import { MortiseError } from '../../errors/index.js'
import type { RecordWrite, Subject } from '../../operation/index.js'
import type { Store } from '../../storage/index.js'
import { Cache } from '../cache.js'
import { checkedChoice, checkedName } from '../text.js'
import { type FactorMethod, factorMethods } from './factors.js'

/** Key: the name. */
const namespace = 'factor-policy'
/** All of them are looked at with each request. */
const mostPolicies = 100
const longestFreshness = 24 * 60
const usualFreshness = 10

/** Who needs a second factor to log in, and what takes one that was proved lately. */
export interface FactorPolicy {
  /** 1 to 255 visible characters. */
  readonly name: string
  /** Whom it is about: ids of principals and groups, and names of roles, however somebody has them. */
  readonly principals: readonly string[]
  readonly groups: readonly string[]
  readonly roles: readonly string[]
  /** What counts as a second factor. */
  readonly methods: readonly FactorMethod[]
  /** Names of operations, as the audit trail has them, that take a factor which this login has proved lately. */
  readonly stepUp: readonly string[]
  /** How many minutes ago is lately. */
  readonly minutes: number
  /** Whether API tokens, which can prove nothing, may do these operations all the same. */
  readonly exemptTokens: boolean
}

/** A policy as somebody states it, whole. Principals and groups by id or name. */
export interface FactorPolicyInput {
  readonly name: string
  /** Default none, as of the next two; but somebody it must be about. */
  readonly principals?: readonly string[]
  readonly groups?: readonly string[]
  readonly roles?: readonly string[]
  /** Default all. Recovery codes alone are not enough. */
  readonly methods?: readonly FactorMethod[]
  /** Default none. */
  readonly stepUp?: readonly string[]
  /** 1 to 1440. Default 10. */
  readonly minutes?: number
  /** Default false. */
  readonly exemptTokens?: boolean
}

/**
 * A policy, as it is kept. Whom it names is looked up elsewhere.
 *
 * @param operations the names of all that there are
 * @throws MORTISE_INPUT_INVALID
 */
export function newFactorPolicy(input: FactorPolicyInput, operations: ReadonlySet<string>): FactorPolicy {
  const { principals = [], groups = [], roles = [], methods = factorMethods, stepUp = [] } = input
  const { minutes = usualFreshness, exemptTokens = false } = input
  const stranger = stepUp.find((name) => !operations.has(name))
  if (stranger !== undefined) throw invalid(`${stranger} is not an operation that a policy can name`)
  if (principals.length + groups.length + roles.length === 0)
    throw invalid('a policy of second factors names a principal, group or role that it is about')
  if (!methods.some((method) => method !== 'recovery'))
    throw invalid('a policy of second factors needs totp or passkey among its methods')
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > longestFreshness)
    throw invalid(`a factor was proved lately for 1 to ${longestFreshness} minutes`)
  return {
    name: checkedName('a policy of second factors', input.name),
    ...{ principals: unique(principals), groups: unique(groups), roles: unique(roles) },
    methods: checkedChoice('method', factorMethods, methods),
    ...{ stepUp: unique(stepUp), minutes, exemptTokens },
  }
}

/** The policies of second factors that there are. */
export class FactorPolicies {
  readonly #barrier: Barrier
  readonly #records: RecordReader<FactorPolicy>
  readonly #cache: Cache<readonly FactorPolicy[]>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(1, async () =>
      (await this.#records.page(mostPolicies, undefined)).map(({ value }) => value),
    )
  }

  /**
   * All of them in the order of their names, from memory where they are known.
   *
   * @throws MORTISE_BARRIER_INTEGRITY
   */
  async all(): Promise<readonly FactorPolicy[]> {
    return (await this.#cache.get('all')) ?? []
  }

  /** Whether it is known without waiting that there are none. */
  get areNone(): boolean {
    return this.#cache.known('all')?.length === 0
  }

  /** Those about somebody. */
  async about({ id, groups, held }: Subject): Promise<FactorPolicy[]> {
    return (await this.all()).filter(
      (policy) =>
        policy.principals.includes(id) ||
        policy.groups.some((group) => groups.has(group)) ||
        policy.roles.some((name) => held.some(({ role }) => role.name === name)),
    )
  }

  /** The row that keeps a policy, in place of the one of its name. @throws MORTISE_INPUT_INVALID when there are too many */
  async write(policy: FactorPolicy): Promise<RecordWrite> {
    const { name } = policy
    const before = await this.#records.read(name)
    if (!before && (await this.#records.page(mostPolicies, undefined)).length === mostPolicies)
      throw invalid(`there are ${mostPolicies} policies of second factors: delete one first`)
    const version = (before?.version ?? 0) + 1
    return writeRecord(this.#barrier, { namespace, key: name, version, expires: null, index: {} }, policy)
  }

  /** @throws MORTISE_FACTOR_POLICY_NOT_FOUND, MORTISE_BARRIER_INTEGRITY */
  async read(name: string): Promise<Stored<FactorPolicy>> {
    const stored = await this.#records.read(name.normalize('NFC'))
    if (stored) return stored
    throw new MortiseError('MORTISE_FACTOR_POLICY_NOT_FOUND', `there is no policy of second factors ${name}`)
  }

  remove({ key, version }: Stored<FactorPolicy>): RecordWrite {
    return { remove: { namespace, key, version } }
  }

  forget(): void {
    this.#cache.forgetAll()
  }
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort()
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
