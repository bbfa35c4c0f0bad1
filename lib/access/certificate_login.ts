import { hash } from 'node:crypto'
import { type ErrorDetails, isMortiseError, MortiseError } from '../errors/index.js'
import type { Clock } from '../operation/index.js'
import { type Certificate, parseCertificate, validatePath } from '../x509/index.js'
import { authoritiesOf } from './authorities.js'
import { subjectOf } from './certificate_subjects.js'
import type { CertificateSettings } from './connection_settings.js'
import type { Connection } from './connections.js'
import type { CredentialsOf, Login, Proof, TestResult } from './login.js'
import { visibleText } from './text.js'
import type { TrustedAuthorities, TrustUse } from './trusted_authorities.js'

type Chain = CredentialsOf['certificate']['chain']

/** Certificates that a client may send. */
const mostCertificates = 10
const commonName = '2.5.4.3'

/** What a chain has proved by some settings, and when that holds: milliseconds since 1970. */
interface Verdict {
  readonly from: number
  readonly until: number
  readonly proof: Proof
  /** What it rests on of the authorities that are here. */
  readonly generation: number
  readonly use: TrustUse
}

/**
 * Certificates of TLS clients, whose keys the handshake has proved: the chain must lead to one of the connection's authorities
 * (RFC 5280 section 6) and be for clients, and none of its certificates be one that an authority here has revoked. A chain that the same
 * TLS client goes on showing is validated once by the same settings, until something changes of the authorities that are here.
 */
export class CertificateLogin implements Login<'certificate'> {
  readonly #clock: Clock
  readonly #trusted: TrustedAuthorities
  readonly #verdicts = new WeakMap<Chain, WeakMap<CertificateSettings, Verdict>>()
  /** The newest of each chain. */
  readonly #last = new WeakMap<Chain, Verdict>()
  readonly #authorities = new WeakMap<CertificateSettings, readonly Certificate[]>()

  constructor(clock: Clock, trusted: TrustedAuthorities) {
    this.#clock = clock
    this.#trusted = trusted
  }

  /** @throws MORTISE_AUTH_REQUIRED with the reason in its details, which are for the audit trail alone */
  async verify(
    { chain, use }: CredentialsOf['certificate'],
    { name, settings }: Connection<'certificate'>,
  ): Promise<Proof> {
    const { generation } = this.#trusted
    const known = this.#verdicts.get(chain) ?? new WeakMap<CertificateSettings, Verdict>()
    this.#verdicts.set(chain, known)
    const verdict = known.get(settings)
    const now = this.#clock.now()
    const stands = verdict?.generation === generation && verdict.use === use
    if (stands && isWithin(verdict, now)) return verdict.proof
    const judged = await this.#judge(chain, use, name, settings, now)
    const fresh = { ...judged, generation, use }
    known.set(settings, fresh)
    this.#last.set(chain, fresh)
    return fresh.proof
  }

  /** Whether there is an authority here below which certificates are good for something. */
  async isAnyTrusted(use: TrustUse): Promise<boolean> {
    return (await this.#trusted.anchors(use)).length > 0
  }

  /** Whether a chain is known to be good for something now, without looking at it again. */
  knows(chain: Chain, use: TrustUse): boolean {
    const last = this.#last.get(chain)
    return (
      last?.use === use && last.generation === this.#trusted.generation && isWithin(last, this.#clock.now())
    )
  }

  /** What a chain was good for when it was last looked at. */
  lastUse(chain: Chain): TrustUse | undefined {
    return this.#last.get(chain)?.use
  }

  async requireUsable({ settings, registers }: Connection<'certificate'>): Promise<void> {
    if (settings.authorities !== null) authoritiesOf('authorities', settings.authorities)
    if (!registers || settings.subject !== 'account') return
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'a connection that knows people by their accounts registers nobody: let subject be another one',
    )
  }

  async test({ settings }: Connection<'certificate'>): Promise<TestResult> {
    const now = this.#clock.now()
    const anchors = await this.#anchors(settings, 'users')
    const findings = anchors.map(({ subject, notBefore, notAfter }) => ({
      check: 'authority',
      ok: notBefore.getTime() <= now && now < endOf(notAfter),
      detail: `${subject.text}, valid from ${notBefore.toISOString()} until ${notAfter.toISOString()}`,
    }))
    return { findings }
  }

  async #judge(
    chain: Chain,
    use: TrustUse,
    connection: string,
    settings: CertificateSettings,
    now: number,
  ): Promise<Omit<Verdict, 'generation' | 'use'>> {
    const [leaf, ...intermediates] = read(chain)
    const anchors = await this.#anchors(settings, use)
    const path = validated({ leaf, intermediates, anchors, at: new Date(now) })
    if (await this.#trusted.isRevoked(path))
      throw refused({ reason: 'revoked', certificate: leaf.subject.text })
    const subject = subjectOf(leaf, settings.subject)
    if (subject === undefined)
      throw refused({ reason: `no-${settings.subject}`, certificate: leaf.subject.text })
    const until = Math.min(...path.map(({ notAfter }) => endOf(notAfter)))
    const username = visibleText(leaf.subject.valuesOf(commonName)[0])
    const email = visibleText(subjectOf(leaf, 'email'))
    return {
      from: Math.max(...path.map(({ notBefore }) => notBefore.getTime())),
      until,
      proof: {
        ...{ connection, subject, expires: until, certificate: thumbprintOf(chain) },
        profile: { ...(username !== undefined && { username }), ...(email !== undefined && { email }) },
      },
    }
  }

  async #anchors(settings: CertificateSettings, use: TrustUse): Promise<readonly Certificate[]> {
    const { authorities } = settings
    if (authorities === null) return this.#trusted.anchors(use)
    const known = this.#authorities.get(settings) ?? authoritiesOf('authorities', authorities)
    this.#authorities.set(settings, known)
    return known
  }
}

const thumbprints = new WeakMap<Chain, string>()

/** Of the client's own certificate: SHA-256, base64url (RFC 8705 section 3.1). */
export function thumbprintOf(chain: Chain): string {
  const known = thumbprints.get(chain) ?? hash('sha256', chain[0] ?? new Uint8Array(), 'base64url')
  thumbprints.set(chain, known)
  return known
}

function read(chain: Chain): [Certificate, ...Certificate[]] {
  if (chain.length > mostCertificates) throw refused({ reason: 'limit' })
  try {
    const [leaf, ...others] = chain.map((der) => parseCertificate(der))
    if (leaf) return [leaf, ...others]
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_X509_INVALID') && !isMortiseError(error, 'MORTISE_INPUT_TOO_LARGE'))
      throw error
  }
  throw refused({ reason: 'malformed' })
}

type Asked = Pick<Parameters<typeof validatePath>[0], 'leaf' | 'intermediates' | 'anchors' | 'at'>

function validated(asked: Asked): readonly Certificate[] {
  try {
    return validatePath({ ...asked, purpose: 'clientAuth', keyUsage: ['digitalSignature'] }).path
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_X509_PATH_INVALID')) throw error
    const { reason, subject } = error.details
    throw refused({ reason: String(reason), certificate: String(subject) })
  }
}

function isWithin({ from, until }: Verdict, now: number): boolean {
  return from <= now && now < until
}

/** A certificate is valid through the whole of its last second. */
function endOf(notAfter: Date): number {
  return notAfter.getTime() + 1000
}

function refused(details: ErrorDetails): MortiseError {
  return new MortiseError('MORTISE_AUTH_REQUIRED', undefined, { details })
}
