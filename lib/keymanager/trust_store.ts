import { Cache } from '../access/index.js'
import { type Barrier, RecordReader, writeRecord } from '../barrier/index.js'
import { isMortiseError, MortiseError } from '../errors/index.js'
import type { KeyServices } from '../keys/index.js'
import type { RecordWrite } from '../operation/index.js'
import type { Store } from '../storage/index.js'
import { type Certificate, parseCertificate, validatePath } from '../x509/index.js'
import { type KeyName, rootName } from './key_names.js'
import type { Rings } from './rings.js'

/** Key: the id of the certificate. */
const authorityNamespace = 'keymanager-authority'
const partnerNamespace = 'keymanager-partner'

/** What partners are trusted for: each has authorities of its own. */
export const trustDomains = ['AUTH', 'DEVICE', 'FTM', 'TRUST_CA'] as const

export type TrustDomain = (typeof trustDomains)[number]

/** Whoever certifies what partners bring. */
export const partnerCertifier: KeyName = { application: 'PMS', reference: '' }

interface StoredAuthority {
  readonly domain: TrustDomain
  /** DER, base64. */
  readonly certificate: string
  /** Milliseconds since 1970. */
  readonly uploaded: number
}

/** An authority that certifies partners. */
export interface TrustedAuthority {
  readonly id: string
  readonly domain: TrustDomain
  /** A root, which is trusted by itself; others by the root that they lead to. */
  readonly isRoot: boolean
  readonly x509: Certificate
  /** Milliseconds since 1970. */
  readonly uploaded: number
}

export interface StoredPartner {
  readonly domain: TrustDomain
  readonly organization: string
  /** DER, base64: of the partner’s authority, and the one for the same key that was signed here. */
  readonly certificate: string
  readonly signed: string
  /** Milliseconds since 1970. */
  readonly uploaded: number
}

/** Authorities of partners and certificates of partners: sealed records. */
export class TrustStore {
  readonly #barrier: Barrier
  readonly #authorities: RecordReader<StoredAuthority>
  readonly #partners: RecordReader<StoredPartner>
  readonly #cache: Cache<readonly TrustedAuthority[]>

  constructor(store: Store, barrier: Barrier) {
    this.#barrier = barrier
    this.#authorities = new RecordReader(store, barrier, authorityNamespace)
    this.#partners = new RecordReader(store, barrier, partnerNamespace)
    this.#cache = new Cache(trustDomains.length, (domain) => this.#load(domain))
  }

  /** The authorities of a domain; from memory where they are known. @throws MORTISE_BARRIER_INTEGRITY */
  async authorities(domain: TrustDomain): Promise<readonly TrustedAuthority[]> {
    return (await this.#cache.get(domain)) ?? []
  }

  writeAuthority({ id, domain, x509, uploaded }: TrustedAuthority): RecordWrite {
    const identity = { namespace: authorityNamespace, key: id, version: 1, expires: null, index: { domain } }
    const stored: StoredAuthority = { domain, certificate: base64(x509.der), uploaded }
    return writeRecord(this.#barrier, identity, stored)
  }

  async partner(id: string): Promise<StoredPartner | undefined> {
    return (await this.#partners.read(id))?.value
  }

  writePartner(id: string, partner: StoredPartner): RecordWrite {
    const { domain } = partner
    const identity = { namespace: partnerNamespace, key: id, version: 1, expires: null, index: { domain } }
    return writeRecord(this.#barrier, identity, partner)
  }

  /** @param record its namespace, `/`, its key; null for all */
  forget(record: string | null): void {
    if (record === null || record.startsWith(`${authorityNamespace}/`)) this.#cache.forgetAll()
  }

  async #load(domain: string): Promise<readonly TrustedAuthority[]> {
    const all: TrustedAuthority[] = []
    for await (const { key, value } of this.#authorities.all({ field: 'domain', value: domain })) {
      const x509 = parseCertificate(Buffer.from(value.certificate, 'base64'))
      all.push(trusted(key, value.domain, x509, value.uploaded))
    }
    return all.sort((a, b) => a.uploaded - b.uploaded)
  }
}

export function trusted(
  id: string,
  domain: TrustDomain,
  x509: Certificate,
  uploaded: number,
): TrustedAuthority {
  return { id, domain, isRoot: isSelfIssued(x509), x509, uploaded }
}

export function isSelfIssued({ subject, issuer }: Certificate): boolean {
  return subject.equals(issuer)
}

/** @throws MORTISE_INPUT_INVALID */
export function trustDomain(text: string): TrustDomain {
  const found = trustDomains.find((one) => one === text.toUpperCase())
  if (found) return found
  throw new MortiseError('MORTISE_INPUT_INVALID', `a partner domain is one of ${trustDomains.join(', ')}`, {
    details: { fault: 'domain' },
  })
}

/** The keys that ROOT and the certifier of partners have had: what they are above of is trusted in every domain. */
async function ownAuthorities(rings: Rings): Promise<readonly Certificate[]> {
  const own = await Promise.all([rootName, partnerCertifier].map((name) => rings.get(name)))
  return own.flatMap(({ versions }) => versions.map(({ x509 }) => x509))
}

/**
 * From a certificate to a root that is trusted in a domain (RFC 5280 section 6), by the dates of now; undefined where nothing leads there.
 * A root is its own path.
 */
export async function pathIn(
  services: PathServices,
  domain: TrustDomain,
  leaf: Certificate,
  { given = [], more = [], certifies = false }: PathAsked = {},
): Promise<readonly Certificate[] | undefined> {
  const known = (await services.trustStore.authorities(domain)).map(({ x509 }) => x509)
  const all = [...known, ...more, ...(await ownAuthorities(services.rings))]
  const anchors = all.filter(isSelfIssued)
  try {
    const { path } = validatePath({
      ...{ leaf, anchors, intermediates: [...all.filter((one) => !isSelfIssued(one)), ...given] },
      ...{ at: new Date(services.clock.now()), policy: services.policy },
      ...(certifies && { keyUsage: ['keyCertSign'] }),
    })
    return Buffer.from(path[1]?.der ?? []).equals(leaf.der) ? [leaf] : path
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_X509_PATH_INVALID')) return undefined
    throw error
  }
}

interface PathServices extends Pick<KeyServices, 'clock' | 'policy'> {
  readonly rings: Rings
  readonly trustStore: TrustStore
}

interface PathAsked {
  /** What may lie between besides what is known: it is trusted by what it leads to alone. */
  readonly given?: readonly Certificate[]
  /** Authorities of the domain that are about to be stored. */
  readonly more?: readonly Certificate[]
  /** Whether it is of an authority. */
  readonly certifies?: boolean
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
