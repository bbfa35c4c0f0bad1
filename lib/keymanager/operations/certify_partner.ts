import type { MortiseError } from '../../errors/index.js'
import { judge, judgedCertifying, newId, protectStates } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { buildCertificateBundle, type Certificate, signatureAlgorithm } from '../../x509/index.js'
import { certify } from '../certifying.js'
import { type KeyName, rootName } from '../key_names.js'
import type { KeymanagerServices } from '../services.js'
import { isSelfIssued, pathIn, type TrustDomain } from '../trust_store.js'
import { refused } from './install_certificate.js'
import { dateFault } from './trust_authorities.js'

const day = 86_400_000
/** Of what is signed here. */
const days = 365
/** Days less that a partner's own certificate may still be valid. */
const grace = 30
const leastBits = 2048
const organizationName = '2.5.4.10'

export interface CertifyKeymanagerPartnerInput {
  /** Id of the private key that certifies, and its name. */
  readonly object: string
  readonly by: KeyName
  readonly domain: TrustDomain
  /** What the subject must give as its organisation. */
  readonly organization: string
  readonly certificate: Certificate
}

export interface CertifiedPartner {
  readonly id: string
  /** PKCS#7, DER: the certificate that was signed here and those above it, or of FTM the partner’s own. */
  readonly chain: Buffer
}

/**
 * Takes in the certificate of a partner that an authority of its domain has signed, and signs another one for its key.
 *
 * @throws MORTISE_KEYMANAGER_CERTIFICATE
 */
export const certifyKeymanagerPartner: ObjectOperation<
  KeymanagerServices,
  CertifyKeymanagerPartnerInput,
  CertifiedPartner
> = {
  name: 'CertifyKeymanagerPartner',
  permission: 'Certify',
  durability: 'synced',
  states: protectStates,
  purposes: ['keymanager'],
  usage: 'CertificateSign',
  protects: () => 0,
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, { by, domain, organization, certificate }, object) {
    const now = services.clock.now()
    const fault = faultOf(certificate, organization, now)
    if (fault) throw fault
    const path = await pathIn(services, domain, certificate)
    if (!path) throw refused('no authority that is trusted in this domain has signed it', 'path')
    const mark = judge(services, 'protect', object, judgedCertifying(object))
    const certifier = (await services.rings.get(by)).versions.find((one) => one.privateKey === object.id)
    const signed = await certify(
      services,
      {
        extensions: {
          keyUsage: ['digitalSignature', ...(domain === 'AUTH' ? (['keyEncipherment'] as const) : [])],
        },
        subject: certificate.subject,
        publicKey: certificate.publicKey.der,
        days,
      },
      { privateKey: object, certificate: certifier?.x509 },
    )
    const root = (await services.rings.get(rootName)).versions.at(-1)
    const own = [signed, certifier?.x509, root?.x509].flatMap((one) => (one ? [one.der] : []))
    const id = newId()
    const partner = {
      ...{ domain, organization, uploaded: now },
      certificate: Buffer.from(certificate.der).toString('base64'),
      signed: Buffer.from(signed.der).toString('base64'),
    }
    return {
      answer: { id, chain: buildCertificateBundle(domain === 'FTM' ? path.map(({ der }) => der) : own) },
      rows: { records: [services.trustStore.writePartner(id, partner)] },
      detail: {
        ...{ partner: id, domain, subject: certificate.subject.text, serial: signed.serialNumber },
        ...mark,
      },
    }
  },
}

function faultOf(certificate: Certificate, organization: string, now: number): MortiseError | undefined {
  const { notAfter, version, subject, publicKey, signatureAlgorithm: algorithm } = certificate
  const outOfDates = dateFault(certificate, now)
  if (outOfDates) return outOfDates
  if (notAfter.getTime() < now + (days - grace) * day)
    return refused(`a partner’s certificate must be valid for ${days - grace} days from now`, 'duration')
  if (isSelfIssued(certificate)) return refused('a certificate that signs itself says nothing', 'self')
  if (version !== 3) return refused('the certificate is not of version 3', 'version')
  const [first] = subject.valuesOf(organizationName)
  if (first === undefined || first !== organization)
    return refused('the certificate is not of this organisation', 'organization')
  const { kind } = publicKey
  if (!kind || (kind.algorithm === 'RSA' && kind.length < leastBits))
    return refused(`the key is RSA of less than ${leastBits} bits, or of no kind that is known`, 'size')
  const known = signatureAlgorithm(algorithm)
  if (!known || known.hash === 'SHA-1') return refused('it is not signed with SHA-2', 'algorithm')
  return undefined
}
