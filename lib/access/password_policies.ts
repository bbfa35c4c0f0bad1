import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import { MortiseError } from '../errors/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { Cache } from './cache.js'
import { isPlainName } from './text.js'

/** Key: the name. */
const namespace = 'password-policy'
const cachedPolicies = 100
/** Longer ones are refused before they are hashed. */
export const longestPassword = 1024
const longestHistory = 24
const longestLock = 366 * 24 * 60

/** What passwords must be, and how many wrong ones lock an account. */
export interface PasswordPolicy {
  readonly name: string
  /** Characters. */
  readonly minimumLength: number
  readonly maximumLength: number
  /** Of each kind; other is what is no letter and no digit. */
  readonly minimumLowerCase: number
  readonly minimumUpperCase: number
  readonly minimumDigits: number
  readonly minimumOther: number
  /** So many may not come again, the present one among them. 0: but for the present one, any may. */
  readonly history: number
  /** Days after which it must be changed; 0 for never. */
  readonly maximumAgeDays: number
  /** Days before which its user may not change it again; 0 for any time. */
  readonly minimumAgeDays: number
  /** Minutes that the first, second, ... failure locks for; the last also for those that follow. None: nothing locks. */
  readonly lockoutThresholds: readonly number[]
  /** Minutes after the first failure in which others are counted with it; 0 for ever, until somebody comes in. */
  readonly lockoutWindowMinutes: number
}

/** Undefined fields have the default, or stay as they are. */
export type PolicyFields = Partial<Omit<PasswordPolicy, 'name'>>

export interface NewPolicy extends PolicyFields {
  /** 1 to 64 letters, digits, `.`, `_` and `-`, beginning and ending with a letter or digit. */
  readonly name: string
}

/** Everybody's who has none of its own. It is there in every store; what is kept under its name comes before it. */
export const globalPolicy: PasswordPolicy = {
  name: 'global',
  minimumLength: 12,
  maximumLength: longestPassword,
  minimumLowerCase: 0,
  minimumUpperCase: 0,
  minimumDigits: 0,
  minimumOther: 0,
  history: 0,
  maximumAgeDays: 0,
  minimumAgeDays: 0,
  lockoutThresholds: [0, 0, 0, 0, 1, 5, 30],
  lockoutWindowMinutes: 0,
}

/** 5 failures within 15 minutes lock for 15 minutes: `mortise password-policy set global --lockout 5in15`. */
export const fiveInFifteen: Pick<PasswordPolicy, 'lockoutThresholds' | 'lockoutWindowMinutes'> = {
  lockoutThresholds: [0, 0, 0, 0, 15],
  lockoutWindowMinutes: 15,
}

const most = {
  minimumLength: longestPassword,
  maximumLength: longestPassword,
  minimumLowerCase: 64,
  minimumUpperCase: 64,
  minimumDigits: 64,
  minimumOther: 64,
  history: longestHistory,
  maximumAgeDays: 36_500,
  minimumAgeDays: 36_500,
  lockoutWindowMinutes: longestLock,
} as const satisfies Partial<Record<keyof PolicyFields, number>>

/** @throws MORTISE_INPUT_INVALID */
export function newPolicy({ name, ...fields }: NewPolicy): PasswordPolicy {
  if (!isPlainName(name)) {
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'a password policy needs a name of 1 to 64 letters, digits, ".", "_" and "-", with a letter or digit at both ends',
    )
  }
  return changedPolicy({ ...globalPolicy, name }, fields)
}

/** @throws MORTISE_INPUT_INVALID */
export function changedPolicy(before: PasswordPolicy, fields: PolicyFields): PasswordPolicy {
  const policy = { ...before, ...fields, name: before.name }
  for (const [name, limit] of Object.entries(most)) {
    requireWhole(name, policy[name as keyof typeof most], limit)
  }
  const { lockoutThresholds: thresholds, minimumLength, maximumLength } = policy
  if (thresholds.length > 100) throw invalid('there are at most 100 lockoutThresholds')
  for (const minutes of thresholds) requireWhole('each of lockoutThresholds', minutes, longestLock)
  const classes =
    policy.minimumLowerCase + policy.minimumUpperCase + policy.minimumDigits + policy.minimumOther
  if (minimumLength < 1 || Math.max(minimumLength, classes) > maximumLength) {
    throw invalid('no password could be long enough and short enough')
  }
  return policy
}

/** @throws MORTISE_INPUT_INVALID with what the policy asks for */
export function requireFitting(policy: PasswordPolicy, password: string): void {
  const { minimumLength, maximumLength, minimumLowerCase, minimumUpperCase, minimumDigits, minimumOther } =
    policy
  // What is too long for any policy is not counted.
  const length = password.length > longestPassword ? Number.POSITIVE_INFINITY : [...password].length
  const count = (kind: RegExp) => (password.match(kind) ?? []).length
  const classes = [
    [minimumLowerCase, /\p{Ll}/gu, 'lower-case letters'],
    [minimumUpperCase, /\p{Lu}/gu, 'upper-case letters'],
    [minimumDigits, /\p{Nd}/gu, 'digits'],
    [minimumOther, /[^\p{L}\p{Nd}]/gu, 'other characters'],
  ] as const
  const fits =
    length >= minimumLength &&
    length <= maximumLength &&
    classes.every(([least, kind]) => count(kind) >= least)
  if (fits) return
  const asked = classes.filter(([least]) => least > 0).map(([least, , what]) => `, at least ${least} ${what}`)
  throw invalid(`a password needs ${minimumLength} to ${maximumLength} characters${asked.join('')}`)
}

/** The policies that there are. */
export class PasswordPolicies {
  readonly #barrier: Barrier
  readonly #records: RecordReader<PasswordPolicy>
  readonly #cache: Cache<PasswordPolicy>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
    this.#cache = new Cache(cachedPolicies, async (name) => {
      const stored = await this.#records.read(name)
      return stored?.value ?? (name === globalPolicy.name ? globalPolicy : undefined)
    })
  }

  /**
   * As the store has it now.
   *
   * @throws MORTISE_PASSWORD_POLICY_NOT_FOUND, MORTISE_BARRIER_INTEGRITY
   */
  async read(name: string): Promise<Stored<PasswordPolicy>> {
    const stored = await this.#records.read(name)
    if (stored) return stored
    if (name === globalPolicy.name) return { key: name, version: 0, value: globalPolicy }
    throw new MortiseError('MORTISE_PASSWORD_POLICY_NOT_FOUND', `there is no password policy ${name}`)
  }

  async exists(name: string): Promise<boolean> {
    return name === globalPolicy.name || (await this.#records.read(name)) !== undefined
  }

  /** That of an account, from memory where it is known; everybody's for one whose own is gone. */
  async of(name: string | null): Promise<PasswordPolicy> {
    const own = name === null ? undefined : await this.#cache.get(name)
    return own ?? (await this.#cache.get(globalPolicy.name)) ?? globalPolicy
  }

  forgetAll(): void {
    this.#cache.forgetAll()
  }

  /** A page in the order of their names, after the name `after`; that of everybody stands first. */
  async list(
    limit: number,
    after: string | undefined,
  ): Promise<{ policies: PasswordPolicy[]; next: string | null }> {
    const page = (await this.#records.page(limit, after)).map(({ value }) => value)
    const others = page.filter(({ name }) => name !== globalPolicy.name)
    const policies = after === undefined ? [(await this.read(globalPolicy.name)).value, ...others] : others
    return { policies, next: page.length < limit ? null : (page.at(-1)?.name ?? null) }
  }

  write(policy: PasswordPolicy, before: number): RecordWrite {
    const identity = { namespace, key: policy.name, version: before + 1, expires: null, index: {} }
    return writeRecord(this.#barrier, identity, policy)
  }

  remove({ key, version }: Stored<PasswordPolicy>): RecordWrite {
    return { remove: { namespace, key, version } }
  }
}

function requireWhole(name: string, given: number | undefined, limit: number): void {
  if (given !== undefined && Number.isInteger(given) && given >= 0 && given <= limit) return
  throw invalid(`${name} must be a whole number from 0 to ${limit}`)
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
