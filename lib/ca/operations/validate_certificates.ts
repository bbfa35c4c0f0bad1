import { isMortiseError, MortiseError } from '../../errors/index.js'
import type { ManagedObject, SystemOperation } from '../../operation/index.js'
import { type Certificate, parseCertificate, validatePath } from '../../x509/index.js'
import type { Authority } from '../authorities.js'
import { serialText } from '../certificates.js'
import type { CaServices } from '../services.js'

/** No chain is as long. */
const mostCertificates = 20

export interface ValidateCertificatesInput {
  /** Each as DER or PEM, in any order. */
  readonly certificates?: readonly Uint8Array[]
  /** Ids or names of Certificate objects that belong to the chain. */
  readonly objects?: readonly string[]
  /** Milliseconds since 1970. Default: now. */
  readonly at?: number
}

export interface CertificateChainValidity {
  /** `unknown` where the chain leads to no authority that is known here. */
  readonly validity: 'valid' | 'invalid' | 'unknown'
  /** Why it is not valid; null where it is. */
  readonly reason: string | null
}

/**
 * Whether certificates are one chain that leads to an authority of here, local or registered, all of them good at a date (RFC 5280
 * section 6): within their dates, and not revoked as far as it is known here (KMIP 2.1 section 6.1.57, Validate).
 *
 * @throws MORTISE_INPUT_INVALID for none or too many, MORTISE_INPUT_TOO_LARGE
 */
export const validateCertificates: SystemOperation<
  CaServices,
  ValidateCertificatesInput,
  CertificateChainValidity
> = {
  name: 'Validate',
  permission: 'Query',
  durability: 'written',
  alsoOn({ certificates = [], objects = [] }) {
    const count = certificates.length + objects.length
    if (count < 1 || count > mostCertificates)
      throw new MortiseError('MORTISE_INPUT_INVALID', `a chain has 1 to ${mostCertificates} certificates`)
    return objects.map((object) => ({
      target: { object },
      permission: 'Get' as const,
      states: ['PreActive', 'Active', 'Deactivated', 'Compromised'] as const,
      purposes: ['general'] as const,
    }))
  },
  async prepare(services, _actor, { certificates = [], at = services.clock.now() }, objects = []) {
    const answer = await validityOf(services, certificates, objects, at)
    return {
      answer,
      detail: { validity: answer.validity, certificates: certificates.length + objects.length },
    }
  },
}

async function validityOf(
  services: CaServices,
  given: readonly Uint8Array[],
  objects: readonly ManagedObject[],
  at: number,
): Promise<CertificateChainValidity> {
  const kept: Uint8Array[] = []
  for (const object of objects) {
    if (object.type !== 'Certificate')
      throw new MortiseError('MORTISE_INPUT_INVALID', 'one of the objects is no certificate')
    const { revocationReason, compromised, deactivated } = object.values
    const since = compromised ?? deactivated ?? 0
    if (revocationReason !== undefined && since <= at) return invalid('a certificate was revoked')
    kept.push(await services.provider(object.provider).open(object).export({ format: 'raw' }))
  }
  let all: Certificate[]
  try {
    all = distinct([...given, ...kept].map((der) => parseCertificate(der)))
  } catch (error) {
    if (isMortiseError(error, 'MORTISE_X509_INVALID')) return invalid(error.message)
    throw error
  }
  return chainValidity(services, all, at)
}

async function chainValidity(
  services: CaServices,
  all: readonly Certificate[],
  at: number,
): Promise<CertificateChainValidity> {
  const authorities = (await services.authorities.all()).filter(({ certificate }) => certificate)
  const leaf = lowest(all)
  const own = authorities.find(({ certificate }) => isSame(certificate, leaf))
  const path = own ? [leaf] : pathOf(services, leaf, all, authorities, at)
  if ('validity' in path) return path
  const anchor = authorities.find(({ certificate }) => certificate === path.at(-1)) ?? own
  const whole = [...path, ...(anchor?.chain ?? [])]
  if (!all.every((one) => whole.some((other) => isSame(other, one))))
    return invalid('the certificates are not one chain')
  for (const [i, certificate] of whole.entries()) {
    if (certificate.notBefore.getTime() > at || certificate.notAfter.getTime() + 1000 <= at)
      return invalid(`${certificate.subject.text} is out of its dates`)
    if (await isRevoked(services, authorities, certificate, whole[i + 1], at))
      return invalid(`${certificate.subject.text} was revoked`)
  }
  return { validity: 'valid', reason: null }
}

function pathOf(
  { policy }: CaServices,
  leaf: Certificate,
  all: readonly Certificate[],
  authorities: readonly Authority[],
  at: number,
): readonly Certificate[] | CertificateChainValidity {
  const anchors = authorities.flatMap(({ certificate }) => (certificate ? [certificate] : []))
  const intermediates = all.filter((one) => one !== leaf)
  try {
    return validatePath({ leaf, intermediates, anchors, at: new Date(at), policy }).path
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_X509_PATH_INVALID')) throw error
    const isUnknown = ['untrusted', 'limit'].includes(String(error.details['reason']))
    return { validity: isUnknown ? 'unknown' : 'invalid', reason: error.message }
  }
}

/** The one that has issued none of the others. */
function lowest(all: readonly Certificate[]): Certificate {
  const hasIssued = (one: Certificate) =>
    all.some((other) => other !== one && other.issuer.equals(one.subject))
  return all.find((one) => !hasIssued(one)) ?? (all[0] as Certificate)
}

/** By the lists of the authority of here that has signed it. */
async function isRevoked(
  { certificates }: CaServices,
  authorities: readonly Authority[],
  { serialNumber }: Certificate,
  issuer: Certificate | undefined,
  at: number,
): Promise<boolean> {
  for (const { record, certificate } of authorities) {
    if (record.kind !== 'local' || !issuer || !isSameKey(certificate, issuer)) continue
    const issued = await certificates.ofSerial(record.id, serialText(serialNumber))
    if (issued?.revocation && issued.revocation.date <= at) return true
  }
  return false
}

function distinct(all: readonly Certificate[]): Certificate[] {
  return all.filter((one, i) => all.findIndex((other) => isSame(other, one)) === i)
}

function isSame(a: Certificate | undefined, b: Certificate): boolean {
  return a !== undefined && Buffer.from(a.der).equals(b.der)
}

function isSameKey(a: Certificate | undefined, b: Certificate): boolean {
  return a !== undefined && Buffer.from(a.publicKey.der).equals(b.publicKey.der)
}

function invalid(reason: string): CertificateChainValidity {
  return { validity: 'invalid', reason }
}
