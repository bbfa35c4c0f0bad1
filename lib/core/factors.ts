import type { FactorMethod, FactorPolicy, ProvedFactor, ProvedMethod } from '../access/index.js'
import { MortiseError } from '../errors/index.js'
import type { Subject } from '../operation/index.js'
import type { Actor, Entry } from './actor.js'
import type { Services } from './services.js'

/** What somebody may do who has yet to enrol or to prove a factor: that, and to log out. */
const always: ReadonlySet<string> = new Set([
  'BeginPasskey',
  'ChallengeFactor',
  'ConfirmTotp',
  'EndOwnSession',
  'EnrolTotp',
  'FinishPasskey',
  'ListOwnFactors',
  'LogIn',
  'ProveFactor',
  'RevokeOwnToken',
])

/** What would let whoever has stolen a login keep the account: it takes a factor proved lately, of who has one at all. */
const guarded: ReadonlySet<string> = new Set([
  'BeginPasskey',
  'ConfirmTotp',
  'EnrolTotp',
  'FinishPasskey',
  'NewRecoveryCodes',
  'RemoveOwnFactor',
])
const guardedMinutes = 10

/** What only a login can do. */
const ofLogins: ReadonlySet<string> = new Set(['ChallengeFactor', 'ProveFactor'])
const apiTokenText =
  'an API token cannot prove a second factor: log in with a password or a passkey and prove one'

/**
 * What the policies of second factors ask of a login before an operation: that it has proved one of their methods, and for what they
 * name, lately. API tokens are no logins: only what takes a factor proved lately is closed to them.
 *
 * @returns undefined where nothing is asked, which is known without waiting
 * @throws MORTISE_AUTH_FACTOR_ENROLMENT_REQUIRED, MORTISE_AUTH_STEP_UP_REQUIRED
 */
export function requireFactors(
  services: Services,
  { entry }: Actor,
  subject: Subject,
  operation: string,
): Promise<void> | undefined {
  if (entry.by === 'process') return undefined
  if (entry.by === 'token' && ofLogins.has(operation))
    throw new MortiseError('MORTISE_AUTH_STEP_UP_REQUIRED', apiTokenText)
  if (services.factorPolicies.areNone && !guarded.has(operation)) return undefined
  return demand(services, entry, subject, operation)
}

async function demand(
  services: Services,
  entry: Exclude<Entry, { readonly by: 'process' }>,
  subject: Subject,
  operation: string,
): Promise<void> {
  const policies = always.has(operation) ? [] : await services.factorPolicies.about(subject)
  const proved = await provedBy(services, entry)
  const enrolled = async () => (await services.factors.enrolled(subject.id)).map(({ value }) => value.method)

  for (const policy of policies) {
    if (proved && !has(proved, policy.methods)) throw missing(policy, operation, await enrolled())
    if (!policy.stepUp.includes(operation)) continue
    const since = services.clock.now() - policy.minutes * 60_000
    if (!proved && !policy.exemptTokens) throw stepUp(policy, operation, apiTokenText)
    if (proved && !has(proved, policy.methods, since)) throw stepUp(policy, operation)
  }
  if (!guarded.has(operation)) return
  const own = { methods: ['totp', 'passkey', 'recovery'], minutes: guardedMinutes } as const
  if (!proved) throw stepUp(own, operation, apiTokenText)
  const since = services.clock.now() - guardedMinutes * 60_000
  if (!has(proved, own.methods, since) && (await enrolled()).length > 0) throw stepUp(own, operation)
}

/** What a login has proved by now; null for an API token, and what a client got for itself. */
async function provedBy({ sessions }: Services, entry: Entry): Promise<readonly ProvedFactor[] | null> {
  if (entry.by === 'session')
    return entry.session.grant === undefined ? sessions.factorsOf(entry.session.id) : null
  return entry.by === 'proof' ? entry.factors : null
}

/** Whether one of some methods was proved, and since when. */
function has(proved: readonly ProvedFactor[], methods: readonly ProvedMethod[], since = 0): boolean {
  return proved.some(({ method, at }) => at >= since && methods.includes(method))
}

/** Somebody has logged in without a factor that would do, before the policy was or for want of one. */
function missing(policy: FactorPolicy, operation: string, enrolled: readonly FactorMethod[]): MortiseError {
  if (enrolled.some((method) => policy.methods.includes(method))) return stepUp(policy, operation)
  const { name, methods } = policy
  return new MortiseError('MORTISE_AUTH_FACTOR_ENROLMENT_REQUIRED', undefined, {
    details: { policy: name, methods },
  })
}

function stepUp(
  { methods, minutes }: Pick<FactorPolicy, 'methods' | 'minutes'>,
  operation: string,
  message?: string,
): MortiseError {
  return new MortiseError('MORTISE_AUTH_STEP_UP_REQUIRED', message, {
    details: { operation, methods, minutes },
  })
}
