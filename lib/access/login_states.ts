import { type Barrier, RecordReader, type Stored, writeRecord } from '../barrier/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import type { PasswordPolicy } from './password_policies.js'
import { dateText } from './principals.js'
import { isId } from './text.js'

/**
 * Key: principal id, or `connection|subject` of somebody outside whose principal is not known, whose failures are forgotten a day
 * after the last. Kept apart from accounts, so that a login does not write the account again.
 */
const namespace = 'login'
const minute = 60_000
const day = 24 * 60 * minute

/** How somebody has logged in and failed to. Dates are milliseconds since 1970, or null. */
export interface LoginState {
  readonly loginsCount: number
  readonly lastLogin: number | null
  /** Since somebody came in; 0 unlocks. */
  readonly failedLoginsCount: number
  readonly failedLoginsInitialAttemptAt: number | null
  readonly lastFailedLoginAt: number | null
  /** When it was locked, for it still is until `lockedUntil`. */
  readonly accountLockoutAt: number | null
  readonly lockedUntil: number | null
  readonly passwordChangedAt: number | null
}

const fresh: LoginState = {
  loginsCount: 0,
  lastLogin: null,
  failedLoginsCount: 0,
  failedLoginsInitialAttemptAt: null,
  lastFailedLoginAt: null,
  accountLockoutAt: null,
  lockedUntil: null,
  passwordChangedAt: null,
}

const unlocked = {
  failedLoginsCount: 0,
  failedLoginsInitialAttemptAt: null,
  accountLockoutAt: null,
  lockedUntil: null,
}

/** A lock lasts as long as the policy said when it began. */
export function isLocked({ lockedUntil }: LoginState, now: number): boolean {
  return lockedUntil !== null && now < lockedUntil
}

export function afterLogin(state: LoginState, now: number): LoginState {
  return { ...state, ...unlocked, loginsCount: state.loginsCount + 1, lastLogin: now }
}

export function afterFailure(state: LoginState, policy: PasswordPolicy, now: number): LoginState {
  const { lockoutThresholds: thresholds, lockoutWindowMinutes } = policy
  const began = state.failedLoginsInitialAttemptAt
  const over = lockoutWindowMinutes > 0 && began !== null && now >= began + lockoutWindowMinutes * minute
  const count = (over ? 0 : state.failedLoginsCount) + 1
  const minutes = thresholds[Math.min(count, thresholds.length) - 1] ?? 0
  return {
    ...state,
    failedLoginsCount: count,
    failedLoginsInitialAttemptAt: over || began === null ? now : began,
    lastFailedLoginAt: now,
    ...(minutes > 0 && { accountLockoutAt: now, lockedUntil: now + minutes * minute }),
  }
}

export function afterUnlock(state: LoginState): LoginState {
  return { ...state, ...unlocked }
}

/** A clock that was set back does not make a password older. */
export function isTooOld({ passwordChangedAt }: LoginState, policy: PasswordPolicy, now: number): boolean {
  const { maximumAgeDays } = policy
  return maximumAgeDays > 0 && passwordChangedAt !== null && now >= passwordChangedAt + maximumAgeDays * day
}

export function isTooYoung({ passwordChangedAt }: LoginState, policy: PasswordPolicy, now: number): boolean {
  return passwordChangedAt !== null && now < passwordChangedAt + policy.minimumAgeDays * day
}

/** Who has logged in, and how often it failed. */
export class LoginStates {
  readonly #barrier: Barrier
  readonly #records: RecordReader<LoginState>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#records = new RecordReader(store, barrier, namespace)
  }

  /** As the store has it now. @throws MORTISE_BARRIER_INTEGRITY */
  async read(key: string): Promise<Stored<LoginState>> {
    return (await this.#records.read(key)) ?? { key, version: 0, value: fresh }
  }

  write({ key, version }: Stored<LoginState>, state: LoginState): RecordWrite {
    const { lastLogin, lockedUntil, lastFailedLoginAt } = state
    const expires = isId(key) ? null : Math.max((lastFailedLoginAt ?? 0) + day, lockedUntil ?? 0)
    const index = {
      ...(lastLogin !== null && { lastLogin: dateText(lastLogin) }),
      ...(lockedUntil !== null && { lockedUntil: dateText(lockedUntil) }),
    }
    return writeRecord(this.#barrier, { namespace, key, version: version + 1, expires, index }, state)
  }

  async remove(key: string): Promise<RecordWrite[]> {
    const { version } = await this.read(key)
    return version === 0 ? [] : [{ remove: { namespace, key, version } }]
  }
}
