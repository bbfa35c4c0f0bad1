import { certifyingScheme, certifyingSigner, judge, judgedCertifying } from '../../keys/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { buildCertificate } from '../../x509/index.js'
import { requestOf } from '../authorities.js'
import { type AuthorityInfo, authorityInfo } from '../info.js'
import { alternativeNames } from '../names.js'
import type { CaServices } from '../services.js'
import { type NameConstraintInput, rootTemplate } from '../template.js'
import { type ValidityInput, validityOf } from '../validity.js'
import { activated } from './activation.js'

export interface SelfSignInput extends ValidityInput {
  /** Id or name of an authority that is pending. Its certificate is valid for 3,652 days unless said otherwise. */
  readonly authority: string
  /** How many authorities may follow below it at most. Default any number. */
  readonly pathLength?: number
  /** What all names below it must be within. Default anything. */
  readonly nameConstraints?: NameConstraintInput
}

/** Days that a root is valid for. */
export const lifetimes = { usual: 3652, most: 36_525 }

/** Makes an authority a root: it signs its own certificate, and is active. */
export const selfSign: ObjectOperation<CaServices, SelfSignInput, AuthorityInfo> = {
  name: 'SelfSign',
  permission: 'AuthorityManage',
  durability: 'synced',
  states: ['PreActive'],
  purposes: ['ca'],
  usage: 'CertificateSign',
  target: ({ authority }) => ({ object: authority }),
  async prepare(services, actor, input, object) {
    const authority = await services.authorities.read(object)
    const { policy, rehearsals, clock } = services
    const { subject, publicKey, extensions } = requestOf(authority, policy)
    const mark = judge(services, 'protect', object, judgedCertifying(object))
    const template = rootTemplate({
      ...{ subject, publicKey },
      names: alternativeNames(extensions.subjectAltName ?? []),
      validity: validityOf(input, lifetimes, clock.now()),
      pathLength: input.pathLength,
      nameConstraints: input.nameConstraints,
    })
    await rehearsals.rehearse(template, certifyingScheme(object))
    const certificate = await buildCertificate(template, certifyingSigner(services, object))
    const issued = { certificate, chain: [], parent: null }
    const made = await activated(services, actor, object, authority, issued)
    return {
      answer: authorityInfo(made.authority, clock.now()),
      rows: made.rows,
      detail: {
        subject: authority.record.subject,
        serial: certificate.serialNumber,
        notAfter: certificate.notAfter.toISOString(),
        ...mark,
      },
    }
  },
}
