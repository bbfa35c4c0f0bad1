import { hash } from 'node:crypto'
import { systemPrincipal } from '../access/index.js'
import { keySpec } from '../crypto/index.js'
import type { ManagedObject, ObjectRow } from '../operation/index.js'
import { defaultProvider, newRow } from './make.js'
import { domain } from './objects.js'
import { managed, newId } from './row.js'
import type { KeyServices } from './services.js'

export interface AuditKey {
  readonly privateKey: ManagedObject
  readonly publicKey: ManagedObject
  /** The rows that make it, to be written with the first use of it; none when it is there. */
  readonly made: readonly ObjectRow[]
}

/**
 * The key that signs checkpoints of the audit trail (Ed25519). Its purpose lets no operation on keys touch it, whoever
 * asks: it is not located, used, exported, granted or destroyed.
 */
export async function auditKey(services: KeyServices): Promise<AuditKey> {
  const [row] = await services.store.locate({
    domain,
    purpose: 'audit',
    type: 'PrivateKey',
    state: 'Active',
    limit: 1,
  })
  const privateKey = row && services.objects.open(row)
  const publicKey = await services.objects.byId(privateKey?.values.links?.publicKey ?? '')
  return privateKey && publicKey ? { privateKey, publicKey, made: [] } : makeAuditKey(services)
}

async function makeAuditKey(services: KeyServices): Promise<AuditKey> {
  const spec = keySpec('Ed25519')
  const [privateId, publicId] = [newId(), newId()]
  const pair = await services
    .provider(defaultProvider)
    .generatePair(
      spec,
      { id: privateId, type: 'PrivateKey', serial: 1 },
      { id: publicId, type: 'PublicKey', serial: 1 },
    )
  const publicKeyDigest = hash('sha256', pair.publicKey)
  const common = { spec, owner: systemPrincipal, publicKeyDigest, purpose: 'audit' } as const
  const made = [
    {
      ...common,
      id: privateId,
      type: 'PrivateKey' as const,
      material: pair.privateMaterial,
      links: { publicKey: publicId },
    },
    {
      ...common,
      id: publicId,
      type: 'PublicKey' as const,
      material: pair.publicMaterial,
      links: { privateKey: privateId },
    },
  ].map((one) => newRow(services, one, {}))
  const [privateRow, publicRow] = made as [ObjectRow, ObjectRow]
  return { privateKey: managed(privateRow), publicKey: managed(publicRow), made }
}
