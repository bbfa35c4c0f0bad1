import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { newRow } from '../make.js'
import { managed, newId } from '../row.js'
import type { KeyServices } from '../services.js'
import { type DeriveKeyInput, derivesFrom, deriving, linked, refuseReserved } from './derive_key.js'

/** Of one call: what the store and the event loop take in one go. */
export const mostDerived = 256

export interface DeriveKeysInput extends Omit<DeriveKeyInput, 'info' | 'iterations'> {
  /** One for each key: HKDF's infos, of which none begins with `mortise `, or the labels of the counter mode. 1 to 256. */
  readonly infos: readonly Uint8Array[]
  /** The keys are called by it, with their number behind. Default: no names. */
  readonly name?: string
}

/**
 * Makes a symmetric key for each of many infos, as DeriveKey makes one: in one crossing, in which HKDF extracts once. PBKDF2, which
 * takes no info, is not for it.
 */
export const deriveKeys: SystemOperation<KeyServices, DeriveKeysInput, readonly ObjectInfo[]> = {
  name: 'DeriveKeys',
  permission: 'Create',
  durability: 'synced',
  alsoOn: (input) => [{ ...derivesFrom(input), uses: ({ infos }) => infos.length }],
  async prepare(services, actor, { infos, name, ...input }, [base] = []) {
    if (!base) throw new MortiseError('MORTISE_INTERNAL')
    if (!Array.isArray(infos) || infos.length < 1 || infos.length > mostDerived) {
      throw new MortiseError('MORTISE_INPUT_INVALID', `1 to ${mostDerived} keys are derived in one call`)
    }
    const { spec, derivation, detail } = deriving(services, base, input)
    for (const info of infos) refuseReserved(derivation.method, info)
    const identities = infos.map(() => ({ id: newId(), type: 'SymmetricKey' as const, serial: 1 }))
    const materials = await services
      .provider(base.provider)
      .deriveKeys(base, derivation, infos, spec, identities)
    const rows = identities.map((identity, i) =>
      newRow(
        services,
        {
          ...identity,
          spec,
          material: materials[i] as Uint8Array,
          owner: actor,
          links: { derivationBase: base.id },
        },
        { ...input, ...(name !== undefined && { name: `${name}-${i + 1}` }) },
      ),
    )
    const last = identities.at(-1) as { readonly id: string }
    return {
      answer: rows.map((row) => objectInfo(managed(row))),
      rows: { objects: [linked(services, base, last.id), ...rows.map((row) => ({ row }))] },
      detail: { ...detail, keys: infos.length },
    }
  },
}
