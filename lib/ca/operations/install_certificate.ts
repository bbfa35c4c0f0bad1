import { isMortiseError } from '../../errors/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { type Certificate, certificateBlocks, parseCertificate, validatePath } from '../../x509/index.js'
import { type Authority, requestOf } from '../authorities.js'
import { type AuthorityInfo, authorityInfo } from '../info.js'
import { refused } from '../names.js'
import type { CaServices } from '../services.js'
import { activated } from './activation.js'

/** How many may come along. */
const mostCertificates = 10

export interface InstallCertificateInput {
  /** Id or name of an authority that is pending. */
  readonly authority: string
  /** PEM of its certificate; those between it and its parent may follow. */
  readonly certificate: string
  /** Id or name of the authority, local or external, that it leads to. Default: whichever it does. */
  readonly parent?: string
}

/**
 * Makes an authority active with the certificate that another one has signed: it must be of its key and subject, of an authority,
 * and lead to one that is known here (RFC 5280 section 6).
 *
 * @throws MORTISE_CERTIFICATE_REFUSED, MORTISE_X509_INVALID, MORTISE_CA_NOT_FOUND for an unknown parent
 */
export const installCertificate: ObjectOperation<CaServices, InstallCertificateInput, AuthorityInfo> = {
  name: 'InstallCertificate',
  permission: 'AuthorityManage',
  durability: 'synced',
  states: ['PreActive'],
  purposes: ['ca'],
  target: ({ authority }) => ({ object: authority }),
  async prepare(services, actor, input, object) {
    const authority = await services.authorities.read(object)
    const issued = await accepted(services, authority, input)
    const made = await activated(services, actor, object, authority, issued)
    return {
      answer: authorityInfo(made.authority, services.clock.now()),
      rows: made.rows,
      detail: {
        subject: authority.record.subject,
        serial: issued.certificate.serialNumber,
        parent: issued.parent.id,
        notAfter: issued.certificate.notAfter.toISOString(),
      },
    }
  },
}

/**
 * A certificate that another authority has signed for one of here.
 *
 * @throws MORTISE_CERTIFICATE_REFUSED, MORTISE_X509_INVALID, MORTISE_CA_NOT_FOUND
 */
export async function accepted(
  services: CaServices,
  authority: Authority,
  input: Pick<InstallCertificateInput, 'certificate' | 'parent'>,
) {
  const asked = requestOf(authority, services.policy)
  const [certificate, ...others] = certificateBlocks('certificate', input.certificate, mostCertificates).map(
    (one) => parseCertificate(one),
  )
  if (!certificate) throw refused('there is no certificate')
  if (!Buffer.from(certificate.publicKey.der).equals(asked.publicKey.der)) {
    throw refused('the certificate is of another key than the authority has')
  }
  if (!certificate.subject.equals(asked.subject)) {
    throw refused(`the certificate is of ${certificate.subject.text}, not of ${asked.subject.text}`)
  }
  const { basicConstraints, keyUsage } = certificate.extensions
  if (basicConstraints?.cA !== true || !keyUsage?.includes('keyCertSign')) {
    throw refused('the certificate is not of an authority: it must say CA and keyCertSign')
  }
  const parents = await parentsOf(services, input.parent, authority.record.id)
  const { path, parent } = validated(certificate, others, parents, services)
  const chain = [...path.slice(1), ...parent.chain]
  return { certificate, chain, parent: parent.record }
}

async function parentsOf(
  { authorities, objects }: CaServices,
  parent: string | undefined,
  own: string,
): Promise<readonly Authority[]> {
  const all =
    parent === undefined
      ? await authorities.all()
      : [await authorities.of(await objects.find({ object: parent }))]
  return all.filter(({ record, certificate }) => record.id !== own && certificate !== undefined)
}

function validated(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  parents: readonly Authority[],
  { policy, clock }: CaServices,
): { readonly path: readonly Certificate[]; readonly parent: Authority } {
  const anchors = parents.flatMap(({ certificate }) => (certificate ? [certificate] : []))
  try {
    const at = new Date(clock.now())
    const { path } = validatePath({ leaf, intermediates, anchors, at, policy, keyUsage: ['keyCertSign'] })
    const parent = parents.find(({ certificate }) => certificate === path.at(-1))
    if (parent) return { path, parent }
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_X509_PATH_INVALID')) throw error
    throw refused(`the certificate does not lead to the parent: ${error.message}`, {
      reason: String(error.details['reason']),
    })
  }
  throw refused('the certificate does not lead to a parent')
}
