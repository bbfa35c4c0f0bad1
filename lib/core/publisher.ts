import {
  type CrlInfo,
  type CrlPart,
  crlInfo,
  type OcspAnswer,
  openOcspSigner,
  renewOcspSigner,
} from '../ca/index.js'
import { type PublishedKey, publishedKeys } from '../keys/index.js'
import { AlreadyDone } from '../operation/index.js'
import type { Certificate } from '../x509/index.js'
import { systemActor } from './actor.js'
import type { Follower } from './follower.js'
import type { Pipeline } from './pipeline.js'

/** The certificate of an authority: DER, and when it is valid. */
export type PublishedCertificate = Pick<Certificate, 'der' | 'notBefore' | 'notAfter'>

/**
 * What is said to everybody who asks, without a login: certificates of local authorities, their CRLs, what becomes of certificates; and public keys.
 * What any process has changed before counts. It is public by its nature, so that no question is on the audit trail; that an answer's signer is made, or is at work, is.
 */
export class Publisher {
  readonly #pipeline: Pipeline
  readonly #follower: Follower

  constructor(pipeline: Pipeline, follower: Follower) {
    this.#pipeline = pipeline
    this.#follower = follower
  }

  /**
   * The certificate of an authority.
   *
   * @param authority its id
   * @returns undefined where there is none
   */
  async certificate(authority: string): Promise<PublishedCertificate | undefined> {
    await this.#follower.heard()
    const found = await this.#pipeline.services.authorities.get(authority)
    return found?.record.kind === 'local' ? found.certificate : undefined
  }

  /**
   * The newest CRL of an authority.
   *
   * @param authority its id
   * @param part default the whole one about all that it has issued
   * @returns undefined where there is none
   */
  async crl(authority: string, part: CrlPart = {}): Promise<CrlInfo | undefined> {
    await this.#follower.heard()
    const crl = await this.#pipeline.services.crls.newest(authority, part)
    return crl && crlInfo(crl)
  }

  /**
   * Answers an OCSP request (RFC 6960), signed with a key that the authority has delegated this to, which is made with the first question.
   * An answer is given again to whoever asks the same without a nonce, until half of its life is over or the certificate changes.
   *
   * @param authority its id
   * @param request DER, or as text what stands in the path of a GET: base64, percent-encoded or not
   */
  async ocsp(authority: string, request: Uint8Array | string): Promise<OcspAnswer> {
    await this.#follower.heard()
    const { responder } = this.#pipeline.services
    return responder.answer(authority, request, () => this.#openSigner(authority))
  }

  /**
   * The public keys that are Active and have a vendor attribute, oldest first: whoever may give it to them has them published.
   *
   * @param most how many at most
   */
  async publicKeys(vendor: string, name: string, most: number): Promise<readonly PublishedKey[]> {
    await this.#follower.heard()
    return publishedKeys(this.#pipeline.services, { vendor, name, most })
  }

  async #openSigner(authority: string) {
    try {
      await this.#pipeline.run(systemActor, renewOcspSigner, { authority })
    } catch (error) {
      // There is one that can.
      if (!(error instanceof AlreadyDone)) throw error
    }
    return this.#pipeline.run(systemActor, openOcspSigner, { authority })
  }
}
