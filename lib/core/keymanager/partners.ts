import { isMortiseError, MortiseError } from '../../errors/index.js'
import {
  type CertifiedPartner,
  certifyKeymanagerPartner,
  getKeymanagerKeys,
  getKeymanagerPartner,
  type KeymanagerPartner,
  listKeymanagerAuthorities,
  partnerCertifier,
  rootName,
  type TrustDomain,
  type TrustedAuthority,
  type TrustedKeymanagerAuthorities,
  trustDomain,
  trusted,
  trustKeymanagerAuthorities,
  validateKeymanagerPartner,
} from '../../keymanager/index.js'
import {
  buildCertificateBundle,
  type Certificate,
  certificateBlocks,
  parseCertificate,
  parseCertificateBundle,
} from '../../x509/index.js'
import type { Services } from '../services.js'
import type { DueKeys, Runner } from './due_keys.js'

/** Certificates that are given at a time. */
const most = 20

/** An authority, and whether it is valid now by its dates. */
export interface KnownAuthority extends TrustedAuthority {
  readonly valid: boolean
}

/** Who partners are, and by whose certificates: the trust store of MOSIP's Keymanager, for somebody. */
export class KeymanagerPartners {
  readonly #services: Services
  readonly #session: Runner
  readonly #due: DueKeys

  /** @internal */
  constructor(services: Services, session: Runner, due: DueKeys) {
    this.#services = services
    this.#session = session
    this.#due = due
  }

  /**
   * Trusts authorities in a domain.
   *
   * @param certificates PEM, or PKCS#7 as PEM or DER
   * @throws MORTISE_KEYMANAGER_CERTIFICATE where there is one alone, which is refused
   */
  async trust(domain: string, certificates: string | Uint8Array): Promise<TrustedKeymanagerAuthorities> {
    const { privateKey } = await this.#due.root(trustKeymanagerAuthorities)
    return this.#session.run(trustKeymanagerAuthorities, {
      root: privateKey ?? '',
      domain: trustDomain(domain),
      certificates: certificatesOf(certificates),
    })
  }

  /**
   * Takes in the certificate of a partner, and signs another one for its key.
   *
   * @param certificate PEM
   * @throws MORTISE_KEYMANAGER_CERTIFICATE
   */
  async certify(domain: string, organization: string, certificate: string): Promise<CertifiedPartner> {
    const meant = trustDomain(domain)
    const x509 = parseCertificate(certificate)
    const wanted = { use: 'Certify', operation: getKeymanagerKeys } as const
    const { privateKey } = await this.#due.current(partnerCertifier, wanted)
    return this.#session.run(certifyKeymanagerPartner, {
      ...{ object: privateKey ?? '', by: partnerCertifier },
      ...{ domain: meant, organization, certificate: x509 },
    })
  }

  /** @throws MORTISE_KEYMANAGER_CERTIFICATE */
  async get(id: string): Promise<KeymanagerPartner> {
    const { publicKey } = await this.#due.root(getKeymanagerPartner)
    return this.#session.run(getKeymanagerPartner, { root: publicKey, id })
  }

  /** Whether a certificate leads to a root that is trusted in a domain. @param given what may lie between, DER */
  async isTrusted(
    domain: string,
    certificate: string | Uint8Array,
    given: readonly Uint8Array[] = [],
  ): Promise<boolean> {
    const path = await this.#session.run(validateKeymanagerPartner, {
      domain: trustDomain(domain),
      certificate: parseCertificate(certificate),
      given: given.map((one) => parseCertificate(one)),
    })
    return path !== undefined
  }

  /** @param own whether ROOT and the certifier of partners, which are trusted in every domain, are among them */
  async authorities(domain: string | undefined, own: boolean): Promise<readonly KnownAuthority[]> {
    const { publicKey } = await this.#due.root(listKeymanagerAuthorities)
    const meant = domain === undefined ? undefined : trustDomain(domain)
    const stored = await this.#session.run(listKeymanagerAuthorities, { root: publicKey, domain: meant })
    const all = own ? [...(await this.#own(meant ?? 'TRUST_CA')), ...stored] : stored
    const now = this.#services.clock.now()
    return all.map((one) => ({ ...one, valid: isValid(one.x509, now) }))
  }

  /** The certificates from an authority up to its root: PKCS#7, DER. @throws MORTISE_KEYMANAGER_CERTIFICATE */
  async pathOf(id: string): Promise<Buffer> {
    const found = (await this.authorities(undefined, true)).find((one) => one.id === id)
    if (!found)
      throw new MortiseError('MORTISE_KEYMANAGER_CERTIFICATE', 'there is no authority of this id', {
        details: { fault: 'missing' },
      })
    const { domain, x509: certificate } = found
    const path = await this.#session.run(validateKeymanagerPartner, { domain, certificate })
    return buildCertificateBundle((path ?? [certificate]).map(({ der }) => der))
  }

  async #own(domain: TrustDomain): Promise<readonly TrustedAuthority[]> {
    const rings = await Promise.all(
      [rootName, partnerCertifier].map((name) => this.#services.rings.get(name)),
    )
    return rings.flatMap(({ versions }) =>
      versions.map(({ certificate, x509 }) => trusted(certificate, domain, x509, x509.notBefore.getTime())),
    )
  }
}

function isValid({ notBefore, notAfter }: Certificate, now: number): boolean {
  return notBefore.getTime() <= now && now <= notAfter.getTime()
}

function certificatesOf(given: string | Uint8Array): readonly Certificate[] {
  if (typeof given !== 'string' || given.includes('-----BEGIN PKCS7-----'))
    return parseCertificateBundle(given, most)
  return blocksOf(given).map((block) => parseCertificate(block))
}

/** @throws MORTISE_X509_INVALID */
function blocksOf(pem: string): readonly string[] {
  try {
    return certificateBlocks('certificateData', pem, most)
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_INPUT_INVALID')) throw error
    throw new MortiseError('MORTISE_X509_INVALID', error.message)
  }
}
