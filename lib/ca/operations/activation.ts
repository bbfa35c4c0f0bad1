import { changedRow, destroyedRow, newCertificateRow } from '../../keys/index.js'
import type { ManagedObject, Principal, Rows } from '../../operation/index.js'
import type { Certificate } from '../../x509/index.js'
import { type Authority, type AuthorityRecord, storedChain } from '../authorities.js'
import { firstCrl } from '../crl_jobs.js'
import type { CaServices } from '../services.js'

/**
 * What an authority becomes with its certificate: its keys are Active, and link to it. One that it had before goes.
 */
export async function activated(
  services: CaServices,
  actor: Pick<Principal, 'id'>,
  key: ManagedObject,
  { record, version }: Authority,
  issued: {
    readonly certificate: Certificate
    readonly chain: readonly Certificate[]
    readonly parent: Pick<AuthorityRecord, 'id' | 'kind'> | null
  },
): Promise<{ readonly authority: Authority; readonly rows: Rows }> {
  const { barrier, clock, objects } = services
  const now = clock.now()
  const publicKey = await objects.find({ object: key.values.links?.publicKey ?? '' })
  const row = newCertificateRow(services, { id: key.owner }, issued.certificate.der, {
    links: { privateKey: key.id, publicKey: publicKey.id },
    purpose: 'ca',
  })
  const keys = [key, publicKey].map((one) => ({
    row: changedRow(barrier, one, {
      state: 'Active',
      values: { activated: one.values.activated ?? now, links: { ...one.values.links, certificate: row.id } },
    }),
  }))
  const before = record.certificate === null ? undefined : await objects.find({ object: record.certificate })
  const next: AuthorityRecord = {
    ...record,
    certificate: row.id,
    parent: issued.parent?.id ?? null,
    parentKind: issued.parent?.kind ?? null,
    chain: storedChain(issued.chain),
    updated: now,
  }
  return {
    authority: { record: next, version: version + 1, ...issued },
    rows: {
      objects: [...keys, { row }, ...(before ? [destroyedRow(services, before)] : [])],
      records: [
        services.authorities.write(next, version + 1),
        ...(before ? [] : [firstCrl(services, key.id, actor)]),
      ],
    },
  }
}
