import type { KeySpec } from '../crypto/index.js'
import type { ObjectRow, Principal, Purpose } from '../operation/index.js'
import { type NewKeyAttributes, newRow, traitsOf } from './make.js'
import { newId } from './row.js'
import type { KeyServices } from './services.js'

interface NewPair {
  readonly spec: KeySpec
  readonly owner: Pick<Principal, 'id'>
  readonly purpose?: Purpose
  /** Where they are made. */
  readonly provider: string
}

/** The rows of a new private and public key that link to one another. */
export async function newPair(
  services: KeyServices,
  { spec, ...common }: NewPair,
  ofPrivate: NewKeyAttributes,
  ofPublic: NewKeyAttributes,
): Promise<readonly [privateRow: ObjectRow, publicRow: ObjectRow]> {
  const privateKey = { id: newId(), type: 'PrivateKey', serial: 1 } as const
  const publicKey = { id: newId(), type: 'PublicKey', serial: 1 } as const
  const pair = await services
    .provider(common.provider)
    .generatePair(
      spec,
      privateKey,
      publicKey,
      traitsOf('PrivateKey', spec, ofPrivate, common.provider),
      traitsOf('PublicKey', spec, ofPublic, common.provider),
    )
  const made = { ...common, spec, publicKey: pair.publicKey }
  return [
    newRow(
      services,
      { ...made, ...privateKey, material: pair.privateMaterial, links: { publicKey: publicKey.id } },
      ofPrivate,
    ),
    newRow(
      services,
      { ...made, ...publicKey, material: pair.publicMaterial, links: { privateKey: privateKey.id } },
      ofPublic,
    ),
  ]
}
