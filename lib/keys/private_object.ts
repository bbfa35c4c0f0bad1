import { keySpec } from '../crypto/index.js'
import type { ObjectRow, Principal } from '../operation/index.js'
import { dataUsages } from './certificate_data.js'
import { dataProvider, newRow, traitsOf } from './make.js'
import { newId } from './row.js'
import type { KeyServices } from './services.js'

interface Named {
  readonly name: string
  readonly owner: Pick<Principal, 'id'>
}

/** Bytes that a face keeps for others: their purpose lets none of the operations on keys touch them, whoever asks. */
export function newPrivateData(services: KeyServices, { name, owner }: Named, bytes: Uint8Array): ObjectRow {
  const identity = { id: newId(), type: 'OpaqueObject', serial: 1 } as const
  const spec = { algorithm: { name: '', usages: dataUsages }, length: 0, curve: undefined }
  const material = services.provider(dataProvider).importData(bytes, identity)
  return newRow(services, { ...identity, spec, material, owner, purpose: 'private' }, { name, usage: [] })
}

/** A key for MACs that a face has for itself, likewise. */
export async function newPrivateMacKey(services: KeyServices, { name, owner }: Named): Promise<ObjectRow> {
  const identity = { id: newId(), type: 'SymmetricKey', serial: 1 } as const
  const spec = keySpec('HMAC-SHA-256')
  const provider = services.provider(dataProvider)
  const traits = traitsOf(identity.type, spec, { name })
  const material = await provider.generateSecret(spec, identity, traits)
  return newRow(services, { ...identity, spec, material, owner, purpose: 'private' }, { name })
}
