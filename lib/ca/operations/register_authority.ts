import { isMortiseError } from '../../errors/index.js'
import { newCertificateRow } from '../../keys/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { type Certificate, certificateBlocks, parseCertificate, validatePath } from '../../x509/index.js'
import {
  type Authority,
  type AuthorityRecord,
  type AuthorityTrust,
  noTrust,
  storedChain,
} from '../authorities.js'
import { type AuthorityInfo, authorityInfo } from '../info.js'
import { refused } from '../names.js'
import type { CaServices } from '../services.js'
import { usualSettings } from '../settings.js'
import { requireMayTrust } from '../trust.js'

export interface RegisterAuthorityInput {
  /** Unique among objects that are not destroyed. Default none. */
  readonly name?: string
  /** PEM of its certificate. */
  readonly certificate: string
  /** Id or name of the authority that has signed it. Default none: it is trusted by itself. */
  readonly parent?: string
  /** Default nobody; for administrators alone to give. */
  readonly trust?: Partial<AuthorityTrust>
}

/**
 * Takes in the certificate of an authority whose key is elsewhere: what the certificates of local authorities may lead to. The same
 * one may be there several times.
 *
 * @throws MORTISE_CERTIFICATE_REFUSED, MORTISE_X509_INVALID, MORTISE_CA_NOT_FOUND, MORTISE_NAME_TAKEN
 */
export const registerAuthority: SystemOperation<CaServices, RegisterAuthorityInput, AuthorityInfo> = {
  name: 'RegisterAuthority',
  permission: 'AuthorityCreate',
  durability: 'synced',
  async prepare(services, actor, { name, certificate: pem, parent: asked, trust }) {
    const { authorities, objects, clock } = services
    requireMayTrust(actor, trust)
    const [block = ''] = certificateBlocks('certificate', pem, 1)
    const certificate = parseCertificate(block)
    if (certificate.extensions.basicConstraints?.cA !== true) {
      throw refused('the certificate is not of an authority: it must say CA')
    }
    const parent =
      asked === undefined ? undefined : await authorities.of(await objects.find({ object: asked }))
    if (parent) requireSigned(certificate, parent, services)
    const chain = parent?.certificate ? [parent.certificate, ...parent.chain] : []
    const now = clock.now()
    const row = newCertificateRow(services, actor, certificate.der, { name, purpose: 'ca' })
    const record: AuthorityRecord = {
      id: row.id,
      kind: 'external',
      name: row.name,
      subject: certificate.subject.text,
      key: null,
      request: null,
      certificate: row.id,
      parent: parent?.record.id ?? null,
      parentKind: parent?.record.kind ?? null,
      chain: storedChain(chain),
      enabled: true,
      settings: usualSettings,
      trust: { ...noTrust, ...trust },
      created: now,
      updated: now,
    }
    return {
      answer: authorityInfo({ record, version: 1, certificate, chain }, now),
      rows: { objects: [{ row }], records: [authorities.write(record, 1)] },
      object: row.id,
      detail: { subject: record.subject, serial: certificate.serialNumber, parent: record.parent },
    }
  },
}

function requireSigned(leaf: Certificate, { certificate }: Authority, { policy, clock }: CaServices): void {
  try {
    const anchors = certificate ? [certificate] : []
    validatePath({ leaf, intermediates: [], anchors, at: new Date(clock.now()), policy })
  } catch (error) {
    if (!isMortiseError(error, 'MORTISE_X509_PATH_INVALID')) throw error
    throw refused(`the parent has not signed it: ${error.message}`, {
      reason: String(error.details['reason']),
    })
  }
}
