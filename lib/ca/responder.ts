import { Cache } from '../access/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import type { Clock } from '../operation/index.js'
import {
  buildOcspError,
  buildOcspResponse,
  type CertId,
  type CertificateStatus,
  isIssuedBy,
  type OcspRequest,
  parseOcspRequest,
} from '../x509/index.js'
import { type Authorities, stateOf } from './authorities.js'
import { type CertificateRecord, type Certificates, serialText, standingOf } from './certificates.js'
import { KeptAnswers, type OcspAnswer } from './kept_answers.js'
import type { OcspSigner } from './ocsp_signers.js'

const hour = 3_600_000
/** Milliseconds for which an answer holds, and after which it is signed anew for whoever asks then. */
const validity = 8 * hour
const reuse = 4 * hour
/** Certificates a second that are looked up and signed for: anybody may ask. */
const mostASecond = 1000
const signersInMemory = 1000
/** Milliseconds: a failure is on record, and anybody may ask again at once. */
const pause = 60_000
/** Hexadecimal digits. */
const longestSerial = 64

/**
 * Answers what certificates are worth (RFC 6960, RFC 5019): from memory where the same was asked before and nothing has changed since.
 * What was never issued is `unknown`, as is what is not known to have been signed.
 */
export class Responder {
  readonly #authorities: Authorities
  readonly #certificates: Certificates
  readonly #clock: Clock
  readonly #answers = new KeptAnswers()
  readonly #signers = new Cache<OcspSigner>(signersInMemory, async () => undefined)
  /** Ids of their certificates. */
  readonly #atWork = new Set<string>()
  /** Until when nobody tries to open the signer of an authority again, which has failed: milliseconds of performance.now(). */
  readonly #pauses = new Map<string, number>()
  /** Rises with each change of a certificate: what was read before is answered, and not kept. */
  #generation = 0
  #second = 0
  #asked = 0

  constructor(authorities: Authorities, certificates: Certificates, clock: Clock) {
    this.#authorities = authorities
    this.#certificates = certificates
    this.#clock = clock
  }

  /**
   * The answer to a request, of whatever kind: what is wrong with the request is an answer as well.
   *
   * @param authority id of a local one
   * @param input what {@link parseOcspRequest} takes
   * @param open decides on the signer of an authority, and records that it is at work
   */
  async answer(
    authority: string,
    input: Uint8Array | string,
    open: (authority: string) => Promise<OcspSigner>,
  ): Promise<OcspAnswer> {
    const request = read(input)
    if (!request) return refusal('malformedRequest')
    const asked = `${authority} ${request.certificates.map(({ der }) => Buffer.from(der).toString('latin1'))}`
    const known = request.nonce ? undefined : this.#answers.get(asked)
    if (known?.kept && this.#clock.now() < known.kept.renewal) return known
    if (!this.#admits(request.certificates.length)) return refusal('tryLater')
    const found = await this.#authorities.get(authority)
    const isAtWork = found?.record.kind === 'local' && stateOf(found, this.#clock.now()) !== 'expired'
    const issuer = isAtWork ? found.certificate : undefined
    if (!issuer || !request.certificates.every((one) => isIssuedBy(one, issuer))) {
      return refusal('unauthorized')
    }
    if (performance.now() < (this.#pauses.get(authority) ?? 0)) return refusal('tryLater')
    return this.#signed(authority, asked, request, await this.#signer(authority, open))
  }

  /** A record was written: its namespace, `/`, its key; null: everything may have been. */
  forget(record: string | null): void {
    const [, certificate] = /^certificate\/(.+)$/.exec(record ?? '') ?? []
    const isSigner = certificate !== undefined && this.#atWork.has(certificate)
    if (record === null || isSigner || /^(authority|ocsp-signer)\//.test(record)) {
      this.#generation++
      this.#answers.forgetAll()
      this.#signers.forgetAll()
      this.#atWork.clear()
      this.#pauses.clear()
    } else if (certificate !== undefined) {
      this.#generation++
      this.#answers.forget(certificate)
    }
  }

  async #signed(
    authority: string,
    asked: string,
    { certificates, nonce }: OcspRequest,
    { certificate: responder, signer }: OcspSigner,
  ): Promise<OcspAnswer> {
    const generation = this.#generation
    const now = this.#clock.now()
    const records = await Promise.all(certificates.map((one) => this.#record(authority, one)))
    const thisUpdate = Math.floor(now / 1000) * 1000
    const nextUpdate = Math.min(thisUpdate + validity, responder.notAfter.getTime())
    const der = await buildOcspResponse(
      {
        responder,
        certificates: [responder],
        producedAt: new Date(thisUpdate),
        responses: certificates.map((certId, at) => ({
          certId,
          status: statusOf(records[at]),
          thisUpdate: new Date(thisUpdate),
          nextUpdate: new Date(nextUpdate),
        })),
        nonce,
      },
      signer,
    )
    const [record, ...others] = records
    // What is not known may be issued at any time, and nothing would say so here.
    if (nonce || !record || others.length > 0 || statusOf(record) === 'unknown') return { der, kept: null }
    const answer = { der, kept: { thisUpdate, nextUpdate, renewal: Math.min(now + reuse, nextUpdate) } }
    if (generation === this.#generation) this.#answers.set(asked, record.id, answer)
    return answer
  }

  async #signer(authority: string, open: (authority: string) => Promise<OcspSigner>): Promise<OcspSigner> {
    const known = this.#signers.known(authority)
    if (known && known.certificate.notAfter.getTime() <= this.#clock.now()) this.#signers.forget(authority)
    const signer = await this.#signers.get(authority, open).catch((error: unknown) => {
      this.#pauses.set(authority, performance.now() + pause)
      throw error
    })
    if (!signer) throw new MortiseError('MORTISE_INTERNAL')
    this.#atWork.add(signer.id)
    return signer
  }

  async #record(authority: string, { serialNumber }: CertId): Promise<CertificateRecord | undefined> {
    if (serialNumber.length > longestSerial) return undefined
    return this.#certificates.ofSerial(authority, serialText(serialNumber))
  }

  #admits(certificates: number): boolean {
    const second = Math.floor(performance.now() / 1000)
    if (second !== this.#second) this.#asked = 0
    this.#second = second
    this.#asked += certificates
    return this.#asked <= mostASecond
  }
}

function read(input: Uint8Array | string): OcspRequest | undefined {
  try {
    return parseOcspRequest(input)
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_X509_INVALID') || isMortiseError(error, 'MORTISE_INPUT_TOO_LARGE'))
      return undefined
    throw error
  }
}

function refusal(status: Parameters<typeof buildOcspError>[0]): OcspAnswer {
  return { der: buildOcspError(status), kept: null }
}

function statusOf(record: CertificateRecord | undefined): CertificateStatus {
  if (record?.revocation) {
    const { reason, date } = record.revocation
    return { reason, revocationDate: new Date(date) }
  }
  return record && standingOf(record) === 'good' ? 'good' : 'unknown'
}
