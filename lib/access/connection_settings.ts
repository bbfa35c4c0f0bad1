import { MortiseError } from '../errors/index.js'

/** Of an OpenID Connect provider, or whoever else signs JWTs (OpenID Connect Core 1.0, RFC 7519). */
export interface OidcSettings {
  /** What the claim `iss` must be to the letter, and where discovery begins: https, or http on this machine. */
  readonly issuer: string
  /** Where the keys are. Default null: where discovery says. */
  readonly jwks: string | null
  /** Of which the claim `aud` must have one, and `azp` where `aud` has several. Default none: they are not looked at. */
  readonly audiences: readonly string[]
  /** What a token may be signed with (RFC 7518 section 3.1, RFC 9864); never `none` nor an HMAC. */
  readonly algorithms: readonly string[]
  /**
   * Claims that say who it is, by name or by a path with dots (`realm_access.roles`). `subjectClaim` is what an identity is
   * linked by; where that is the e-mail address, `email_verified` must not be false.
   */
  readonly subjectClaim: string
  readonly usernameClaim: string
  readonly nameClaim: string
  readonly emailClaim: string
  readonly groupsClaim: string
  readonly rolesClaim: string
  /** By which a clock may be wrong. Default 60. */
  readonly clockToleranceSeconds: number
}

/** Of a directory (RFC 4511); `secret` of the connection is the password that goes with `bindDn`. */
export interface LdapSettings {
  /** `ldaps://HOST[:PORT]` or `ldap://HOST[:PORT]`. */
  readonly url: string
  /** Whether `ldap://` goes on in TLS before anything is said (RFC 4511 section 4.14). Default true. */
  readonly startTls: boolean
  /** Whether passwords may go over a network that everybody on it can read. Default false: without TLS to this machine alone. */
  readonly insecurePlaintext: boolean
  /** PEM of the authorities that sign its certificate. Default null: those that Node trusts. */
  readonly authorities: string | null
  /** For one attempt, from beginning to end. Default 10. */
  readonly timeoutSeconds: number
  /** Whom to look for people as. Default null: nobody. */
  readonly bindDn: string | null
  /** Below which people are searched for; null where `userDn` says who they are. */
  readonly userBase: string | null
  /** RFC 4515; `{username}` is who logs in. It must fit one entry alone. */
  readonly userFilter: string
  /** Whom to bind as (RFC 4514), made of `{username}`. Default null: whoever was searched for. */
  readonly userDn: string | null
  /** What somebody is known by, whatever it is renamed to: `entryUUID`, or the `objectGUID` of Active Directory. */
  readonly subjectAttribute: string
  readonly usernameAttribute: string
  readonly nameAttribute: string
  readonly emailAttribute: string
  /** Of a person: names of its groups. Default null. */
  readonly memberOfAttribute: string | null
  /** Below which groups are searched for. Default null. */
  readonly groupBase: string | null
  /** RFC 4515; `{dn}` is the person's own, `{username}` its `usernameAttribute`. */
  readonly groupFilter: string
  /** Of a group: its name. */
  readonly groupAttribute: string
}

const certificateSubjects = ['account', 'dn', 'cn', 'email', 'dns', 'uri', 'upn'] as const

/** Of certificates of TLS clients. */
export interface CertificateSettings {
  /** PEM of the authorities that a chain must end at. Null for those that are here and trusted, as they are then. */
  readonly authorities: string | null
  /**
   * What of a certificate somebody is known by: `account`, its subject is the `certificateSubject` of an account (the default); or
   * what an identity is linked by: the subject as a whole (`dn`), its one common name (`cn`), or the first alternative name of a
   * kind (RFC 5280 section 4.2.1.6).
   */
  readonly subject: (typeof certificateSubjects)[number]
}

export interface SettingsOf {
  readonly local_account: Readonly<Record<string, never>>
  readonly oidc: OidcSettings
  readonly ldap: LdapSettings
  readonly certificate: CertificateSettings
}

export type ConnectionKind = keyof SettingsOf

/** What is checked of one setting; undefined where it was not given. */
type Check<Value> = (given: unknown, name: string) => Value

const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

/** Every setting of every kind, in order. */
const checks: {
  readonly [Kind in ConnectionKind]: {
    readonly [Name in keyof SettingsOf[Kind]]: Check<SettingsOf[Kind][Name]>
  }
} = {
  local_account: {},
  oidc: {
    issuer,
    jwks: optional(url('https:', 'http:')),
    audiences: texts([]),
    algorithms: (given, name) => texts(algorithms, algorithms)(given, name),
    subjectClaim: text('sub'),
    usernameClaim: text('preferred_username'),
    nameClaim: text('name'),
    emailClaim: text('email'),
    groupsClaim: text('groups'),
    rolesClaim: text('roles'),
    clockToleranceSeconds: whole(60, 600),
  },
  ldap: {
    url: url('ldaps:', 'ldap:'),
    startTls: flag(true),
    insecurePlaintext: flag(false),
    authorities: optional(text()),
    timeoutSeconds: whole(10, 60, 1),
    bindDn: optional(text()),
    userBase: optional(text()),
    userFilter: text('(uid={username})'),
    userDn: optional(text()),
    subjectAttribute: text('entryUUID'),
    usernameAttribute: text('uid'),
    nameAttribute: text('cn'),
    emailAttribute: text('mail'),
    memberOfAttribute: optional(text()),
    groupBase: optional(text()),
    groupFilter: text('(member={dn})'),
    groupAttribute: text('cn'),
  },
  certificate: {
    authorities: (given, name) => (given === null ? null : text()(given, name)),
    subject: (given, name) => oneOf(certificateSubjects, 'account')(given, name),
  },
}

export const connectionKinds = Object.keys(checks) as readonly ConnectionKind[]

/** Characters of one setting: room for a bundle of certificates. */
const longest = 65_536

/**
 * The settings of a kind, with its defaults.
 *
 * @throws MORTISE_INPUT_INVALID for one that is missing, unknown or not what it must be
 */
export function checkedSettings<Kind extends ConnectionKind>(
  kind: Kind,
  given: Readonly<Record<string, unknown>>,
): SettingsOf[Kind] {
  const known: Readonly<Record<string, Check<unknown>>> = checks[kind]
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(known, name)) throw invalid(`a connection of the kind ${kind} has no setting ${name}`)
  }
  return Object.fromEntries(
    Object.entries(known).map(([name, check]) => [name, check(given[name], name)]),
  ) as unknown as SettingsOf[Kind]
}

/** Whether the host of a URL cannot be anywhere else. */
export function isThisMachine(hostname: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i.test(hostname)
}

function text(standard?: string): Check<string> {
  return (given = standard, name) => {
    if (typeof given === 'string' && given.length > 0 && given.length <= longest) return given
    throw invalid(`${name} must be a text of 1 to ${longest} characters`)
  }
}

function optional<Value>(check: Check<Value>): Check<Value | null> {
  return (given, name) => (given === undefined || given === null ? null : check(given, name))
}

function texts(standard: readonly string[], known?: readonly string[]): Check<readonly string[]> {
  return (given = standard, name) => {
    const all = Array.isArray(given) && given.length <= 100 ? given : [undefined]
    if (all.every((one) => typeof one === 'string' && one.length > 0 && (!known || known.includes(one))))
      return all
    throw invalid(`${name} must be a list of ${known ? known.join(', ') : 'texts'}`)
  }
}

function url(...schemes: readonly string[]): Check<string> {
  return (given, name) => {
    const { protocol } = (typeof given === 'string' && given.length <= 2048 && parsed(given)) || {}
    if (protocol && schemes.includes(protocol) && (protocol !== 'http:' || isLocalHttp(given as string)))
      return given as string
    throw invalid(`${name} must be a URL of ${schemes.join(' or ')}, http: on this machine alone`)
  }
}

/** OpenID Connect Discovery 1.0 section 3: nothing but scheme, host, port and path. */
function issuer(given: unknown, name: string): string {
  const checked = url('https:', 'http:')(given, name)
  if (!/[?#@|]/.test(checked)) return checked
  throw invalid(`${name} must be a URL of scheme, host, port and path alone`)
}

export function isHttps(text: string): boolean {
  return parsed(text)?.protocol === 'https:'
}

/** Whether it is on this machine, where nobody listens in between. */
export function isLocalHttp(text: string): boolean {
  const { protocol, hostname = '' } = parsed(text) ?? {}
  return protocol === 'http:' && isThisMachine(hostname)
}

function parsed(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

function flag(standard: boolean): Check<boolean> {
  return (given = standard, name) => {
    if (typeof given === 'boolean') return given
    throw invalid(`${name} must be true or false`)
  }
}

function whole(standard: number, most: number, least = 0): Check<number> {
  return (given = standard, name) => {
    if (typeof given === 'number' && Number.isInteger(given) && given >= least && given <= most) return given
    throw invalid(`${name} must be a whole number from ${least} to ${most}`)
  }
}

function oneOf<const Value extends string>(known: readonly Value[], standard: Value): Check<Value> {
  return (given = standard, name) => {
    const found = known.find((one) => one === given)
    if (found !== undefined) return found
    throw invalid(`${name} must be one of ${known.join(', ')}`)
  }
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
