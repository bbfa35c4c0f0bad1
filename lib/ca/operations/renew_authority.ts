import { certifyingScheme, certifyingSigner, judge, judgedCertifying } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { buildCertificate, type Certificate } from '../../x509/index.js'
import { type Authority, wrongState } from '../authorities.js'
import { type AuthorityInfo, authorityInfo } from '../info.js'
import type { CaServices } from '../services.js'
import { serialNumber } from '../template.js'
import { type ValidityInput, validityOf } from '../validity.js'
import { activated } from './activation.js'
import { accepted } from './install_certificate.js'
import { lifetimes } from './self_sign.js'

export interface RenewAuthorityInput extends ValidityInput {
  /** Id or name of a local authority that has a certificate. */
  readonly authority: string
  /** PEM of what another authority has signed for its request, of one that does not sign itself. */
  readonly certificate?: string
  /** Id or name of that other authority. Default: whichever it leads to. */
  readonly parent?: string
}

/**
 * Gives an authority another certificate for the same key, in the place of the one that it has: its own, with new dates and otherwise as
 * before, of one that signs itself; else what is given. What it has issued stays as good, below either.
 *
 * @throws MORTISE_CA_STATE where its certificate was revoked, MORTISE_CERTIFICATE_REFUSED, MORTISE_X509_INVALID
 */
export const renewAuthority: ObjectOperation<CaServices, RenewAuthorityInput, AuthorityInfo> = {
  name: 'RenewAuthority',
  permission: 'AuthorityManage',
  durability: 'synced',
  states: ['Active'],
  purposes: ['ca'],
  usage: 'CertificateSign',
  target: ({ authority }) => ({ object: authority }),
  async prepare(services, actor, input, object) {
    const { authorities, rehearsals, clock } = services
    const authority = await authorities.read(object)
    const before = authority.certificate
    if (!before) throw wrongState(authority.record, 'it has no certificate')
    await requireNotRevoked(services, authority, before)
    const mark = judge(services, 'protect', object, judgedCertifying(object))
    const { certificate, ...given } = input
    let issued: Parameters<typeof activated>[4]
    if (certificate !== undefined) issued = await accepted(services, authority, { ...given, certificate })
    else {
      if (!before.subject.equals(before.issuer) || authority.record.parent !== null)
        throw wrongState(
          authority.record,
          'another one has signed it: give the certificate that it signs anew',
        )
      const { subject, extensions, publicKey } = before
      const template = {
        ...{ serialNumber: serialNumber(), issuer: subject, subject, publicKey: publicKey.der },
        ...validityOf(input, lifetimes, clock.now()),
        extensions: { other: extensions.all },
      }
      // Its dates and number are new, which anybody may look at before it is signed.
      await rehearsals.rehearse(template, certifyingScheme(object))
      issued = {
        certificate: await buildCertificate(template, certifyingSigner(services, object)),
        chain: [],
        parent: null,
      }
    }
    const made = await activated(services, actor, object, authority, issued)
    return {
      answer: authorityInfo(made.authority, clock.now()),
      rows: made.rows,
      detail: {
        subject: authority.record.subject,
        serial: issued.certificate.serialNumber,
        before: before.serialNumber,
        parent: issued.parent?.id ?? null,
        notAfter: issued.certificate.notAfter.toISOString(),
        ...mark,
      },
    }
  },
}

/** A key whose certificate was revoked is not certified again. */
async function requireNotRevoked(
  { standings }: CaServices,
  { record }: Authority,
  certificate: Certificate,
): Promise<void> {
  if (record.parent === null || record.parentKind !== 'local') return
  if ((await standings.below(record.parent, certificate)) === 'revoked')
    throw wrongState(record, 'its certificate was revoked: make another authority with another key')
}
