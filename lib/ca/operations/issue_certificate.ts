import { hash } from 'node:crypto'
import { toPem } from '../../crypto/index.js'
import { certifyingSigner, judge, judgedCertifying } from '../../keys/index.js'
import type { ManagedObject, ObjectOperation, Subject } from '../../operation/index.js'
import { signTbsCertificate } from '../../x509/index.js'
import {
  type CertificateObjectInput,
  certificateObjectRows,
  checkCertificateObject,
  linkedObjects,
} from '../certificate_objects.js'
import { type CertificateInfo, certificateInfo } from '../info.js'
import { issuing } from '../issuing.js'
import type { CaServices } from '../services.js'
import { openToken, type PreparedCertificate, wrongToken } from '../token.js'
import { type PrepareCertificateInput, preparedDetail, rehearsed } from './prepare_certificate.js'

export interface IssueCertificateInput {
  readonly authority: string
  /** The token of a certificate that was prepared, or what is to be prepared and issued at once. */
  readonly of: string | Omit<PrepareCertificateInput, 'authority'>
  /** Default: it is on the authority's list alone. */
  readonly object?: CertificateObjectInput | undefined
}

/** What is written before anything is signed, so that whatever becomes of the signature can be revoked. */
export interface IntendedCertificate {
  readonly authority: string
  readonly prepared: PreparedCertificate
  readonly object?: CertificateObjectInput | undefined
}

/**
 * Puts on record that a certificate is about to be signed, which uses its token up.
 *
 * @throws MORTISE_CERTIFICATE_TOKEN for one that was used, is too old, is somebody else's or is none; MORTISE_CA_STATE; what
 *   PrepareCertificate throws of what is not prepared yet; and what is wrong with the object, MORTISE_NAME_TAKEN or
 *   MORTISE_CERTIFICATE_REFUSED say
 */
export const intendCertificate: ObjectOperation<CaServices, IssueCertificateInput, IntendedCertificate> = {
  name: 'IssueCertificate',
  permission: 'Certify',
  durability: 'synced',
  states: ['Active'],
  purposes: ['ca'],
  usage: 'CertificateSign',
  target: ({ authority }) => ({ object: authority }),
  alsoOn: linkedObjects,
  async prepare(services, actor, { authority, of, object: wanted }, object, [linked] = []) {
    const { prepared, mark } =
      typeof of === 'string'
        ? { prepared: await preparedBefore(services, actor, of, object), mark: undefined }
        : await rehearsed(services, actor, { ...of, authority }, object)
    if (wanted)
      await checkCertificateObject(services, wanted, linked, Buffer.from(prepared.message, 'base64'))
    return {
      answer: { authority: object.id, prepared, object: wanted },
      rows: { records: [services.certificates.write(prepared.record, 1)] },
      detail: { ...preparedDetail(prepared), ...mark },
    }
  },
}

/** What a token stands for. @throws MORTISE_CERTIFICATE_TOKEN, MORTISE_CA_STATE */
async function preparedBefore(
  services: CaServices,
  actor: Subject,
  token: string,
  object: ManagedObject,
): Promise<PreparedCertificate> {
  const { certificates, barrier, clock } = services
  const prepared = openToken(barrier, token, clock.now())
  const { certificate } = await issuing(services, object)
  const isFit =
    prepared.principal === actor.id &&
    prepared.record.authority === object.id &&
    prepared.issuer === hash('sha256', certificate.der)
  if (!isFit || (await certificates.isTaken(prepared.record.id))) throw wrongToken()
  return prepared
}

export interface IssuedCertificate {
  readonly certificate: CertificateInfo
  /** The certificates above it, nearest first, as PEM. */
  readonly chain: readonly string[]
  /** Id of the Certificate object, where there is to be one. */
  readonly object: string | null
}

/** Signs a certificate that is on record, and answers it once that is on record too. */
export const signCertificate: ObjectOperation<CaServices, IntendedCertificate, IssuedCertificate> = {
  name: 'CertificateIssued',
  permission: 'Certify',
  durability: 'synced',
  states: ['Active'],
  purposes: ['ca'],
  usage: 'CertificateSign',
  target: ({ authority }) => ({ object: authority }),
  alsoOn: linkedObjects,
  async prepare(services, actor, { prepared, object: wanted }, object, [linked] = []) {
    const { certificates, clock } = services
    const authority = await issuing(services, object)
    const { value: record, version } = await certificates.find(object.id, prepared.record.id)
    // Revoked meanwhile, or signed: whatever it is, it is no intention any more.
    if (record.der !== null || record.revocation) throw wrongToken()
    const mark = judge(services, 'protect', object, judgedCertifying(object))
    const { der } = await signTbsCertificate(
      Buffer.from(prepared.message, 'base64'),
      certifyingSigner(services, object),
    )
    const now = clock.now()
    const next = { ...record, der: Buffer.from(der).toString('base64'), updated: now }
    const made = wanted && (await certificateObjectRows(services, actor, wanted, linked, der))
    return {
      answer: {
        certificate: certificateInfo(next, authority.record, now),
        chain: chainBelow(authority),
        object: made?.id ?? null,
      },
      rows: {
        records: [certificates.write(next, version + 1)],
        ...(made && { objects: made.rows.map((row) => ({ row })) }),
      },
      detail: {
        ...preparedDetail(prepared),
        fingerprint: hash('sha256', der),
        ...(made && { object: made.id }),
        ...mark,
      },
    }
  },
}

/** What stands above whatever the authority issues. */
function chainBelow({ certificate, chain }: Awaited<ReturnType<typeof issuing>>): readonly string[] {
  return [certificate, ...chain].map(({ der }) => toPem('x509', der))
}
