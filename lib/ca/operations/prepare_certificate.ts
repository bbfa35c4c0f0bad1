import { hash } from 'node:crypto'
import { fromPem } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import { certifyingScheme, judge, judgedCertifying, newId } from '../../keys/index.js'
import type { ManagedObject, ObjectOperation, Subject } from '../../operation/index.js'
import { type Name, nameOfText, type PublicKeyInfo, parsePublicKey, parseRequest } from '../../x509/index.js'
import { type CertificateRecord, serialText, subjectFacts } from '../certificates.js'
import { issuing } from '../issuing.js'
import { type AlternativeNames, alternativeNames, refused } from '../names.js'
import type { CertificateProfile } from '../profile.js'
import type { CaServices } from '../services.js'
import { locationsOf, partitionFor } from '../settings.js'
import { type NameConstraintInput, templateOf } from '../template.js'
import { type PreparedCertificate, sealToken, tokenPeriod } from '../token.js'
import { type ValidityInput, validityOf } from '../validity.js'

export interface PrepareCertificateInput extends ValidityInput {
  /** Id or name of an authority that issues. */
  readonly authority: string
  /** Name of a profile: `server`, `client`, `ca`, `ocsp-signer`, `code-signing`, or one of the store. */
  readonly profile: string
  /** PKCS#10 as PEM or DER, signed with the key that is certified. Only its key, subject and alternative names are taken. */
  readonly request?: string | Uint8Array
  /** SubjectPublicKeyInfo as PEM or DER, in place of a request. */
  readonly publicKey?: string | Uint8Array
  /** RFC 4514. Default: that of the request. */
  readonly subject?: string
  /** Default: those of the request. */
  readonly names?: AlternativeNames
  /** Of certificates of authorities. */
  readonly pathLength?: number
  readonly nameConstraints?: NameConstraintInput
  /** What it is called here. At most 255 characters. Default none. */
  readonly name?: string
}

/** A certificate that can be issued now. */
export interface PreparedToken {
  /** What issues it, once, within five minutes, by whoever has prepared it. */
  readonly token: string
  /** ISO 8601, UTC. */
  readonly expires: string
  /** The id that it will have. */
  readonly id: string
  readonly subject: string
  /** Hexadecimal. */
  readonly serial: string
  readonly notBefore: string
  readonly notAfter: string
  /** What lints say against it that is no error. */
  readonly warnings: readonly string[]
  /** Object identifiers of extensions that the request asks for, and the profile has a say in alone. */
  readonly ignored: readonly string[]
}

const longestName = 255
/** Extensions whose values are taken from requests. */
const taken = ['2.5.29.17']

/**
 * Builds a certificate, signs it with a throw-away key, and looks at it as everybody would: its path, its lints. What comes of it is
 * a token; the key of the authority is not used.
 *
 * @throws MORTISE_CERTIFICATE_REFUSED, MORTISE_CERTIFICATE_PROFILE_NOT_FOUND, MORTISE_CA_STATE, MORTISE_X509_INVALID,
 *   MORTISE_INPUT_TOO_LARGE, MORTISE_CRYPTO_POLICY
 */
export const prepareCertificate: ObjectOperation<CaServices, PrepareCertificateInput, PreparedToken> = {
  name: 'PrepareCertificate',
  permission: 'Certify',
  durability: 'written',
  states: ['Active'],
  purposes: ['ca'],
  usage: 'CertificateSign',
  target: ({ authority }) => ({ object: authority }),
  async prepare(services, actor, input, object) {
    const now = services.clock.now()
    const { prepared, template, mark, warnings, ignored } = await rehearsed(services, actor, input, object)
    const { record } = prepared
    const expires = now + tokenPeriod
    return {
      answer: {
        token: sealToken(services.barrier, prepared, expires),
        expires: new Date(expires).toISOString(),
        ...{ id: record.id, subject: record.subject, serial: record.serial },
        notBefore: template.notBefore.toISOString(),
        notAfter: template.notAfter.toISOString(),
        ...{ warnings, ignored },
      },
      detail: { ...preparedDetail(prepared), ...mark },
    }
  },
}

/** What the audit trail says of a certificate that was prepared. */
export function preparedDetail({ record }: PreparedCertificate) {
  return {
    certificate: record.id,
    serial: record.serial,
    subject: record.subject,
    profile: record.profile,
  }
}

/**
 * A certificate that was built, signed with a throw-away key, and looked at.
 *
 * @throws what {@link prepareCertificate} throws
 */
export async function rehearsed(
  services: CaServices,
  actor: Subject,
  input: PrepareCertificateInput,
  object: ManagedObject,
) {
  const { certificateProfiles, rehearsals, clock } = services
  const now = clock.now()
  const authority = await issuing(services, object)
  const profile = await certificateProfiles.find(input.profile)
  const { name = null } = input
  if (name !== null && (name.length < 1 || name.length > longestName)) {
    throw new MortiseError('MORTISE_INPUT_INVALID', `a name has 1 to ${longestName} characters`)
  }
  const mark = judge(services, 'protect', object, judgedCertifying(object))
  const asked = askedOf(input, services, profile)
  const { certificate, record: issuer } = authority
  const partition = partitionFor(issuer, services.publicUrl)
  const template = templateOf(
    {
      ...{ profile, subject: asked.subject, publicKey: asked.publicKey, names: asked.names },
      validity: validityOf(input, { usual: profile.days, most: profile.maximumDays }, now, certificate),
      pathLength: input.pathLength,
      nameConstraints: input.nameConstraints,
    },
    { certificate, settings: locationsOf(issuer, services.publicUrl, partition) },
  )
  const { message, warnings } = await rehearsals.rehearse(template, certifyingScheme(object), authority)
  const record: CertificateRecord = {
    ...{ id: newId(), authority: object.id, name, profile: profile.name },
    serial: serialText(template.serialNumber),
    ...subjectFacts(asked.subject),
    notBefore: template.notBefore.getTime(),
    notAfter: template.notAfter.getTime(),
    ...{ der: null, revocation: null, owner: actor.id, created: now, updated: now, deleted: false },
    ...(partition !== undefined && { partition }),
  }
  const prepared: PreparedCertificate = {
    principal: actor.id,
    issuer: hash('sha256', certificate.der),
    record,
    message: message.toString('base64'),
  }
  return { prepared, template, mark, warnings, ignored: asked.ignored }
}

/** What somebody wants to be certified. */
interface Asked {
  readonly subject: Name
  readonly publicKey: PublicKeyInfo
  readonly names: AlternativeNames
  readonly ignored: readonly string[]
}

function askedOf(
  { request, publicKey, ...given }: PrepareCertificateInput,
  { policy }: CaServices,
  profile: CertificateProfile,
): Asked {
  if ((request === undefined) === (publicKey === undefined)) {
    throw new MortiseError('MORTISE_INPUT_INVALID', 'give a request, or a public key in its place')
  }
  const subject = given.subject === undefined ? undefined : nameOfText(given.subject)
  if (request === undefined) {
    const info = parsePublicKey(fromPem('spki', Buffer.from(publicKey ?? '')))
    return { subject: subject ?? nameOfText(''), publicKey: info, names: given.names ?? {}, ignored: [] }
  }
  const asked = parseRequest(request, { policy })
  const { basicConstraints, keyUsage, subjectAltName = [], all } = asked.extensions
  const wantsAuthority = basicConstraints?.cA === true || keyUsage?.some((one) => one === 'keyCertSign')
  if (wantsAuthority && !profile.authority) {
    throw refused(
      `the request asks for a certificate of an authority, which the profile ${profile.name} is not for`,
    )
  }
  return {
    subject: subject ?? asked.subject,
    publicKey: asked.publicKey,
    names: given.names ?? alternativeNames(subjectAltName),
    ignored: all.map(({ type }) => type).filter((type) => !taken.includes(type)),
  }
}
