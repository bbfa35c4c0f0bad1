import { systemPrincipal } from '../access/index.js'
import { keySpec } from '../crypto/index.js'
import type { ManagedObject, ObjectRow } from '../operation/index.js'
import { domain } from './objects.js'
import { newPair } from './pair.js'
import { managed } from './row.js'
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
  const kind = { spec: keySpec('Ed25519'), owner: systemPrincipal, purpose: 'audit' } as const
  const made = await newPair(services, { ...kind, provider: services.auditProvider }, {}, {})
  return { privateKey: managed(made[0]), publicKey: managed(made[1]), made }
}
