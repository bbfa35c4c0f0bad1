import { keySpec } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { judge } from '../judge.js'
import { type NewKeyAttributes, newRow } from '../make.js'
import { managed, newId } from '../row.js'
import type { KeyServices } from '../services.js'

export interface RegisterElsewhereInput extends NewKeyAttributes {
  readonly type: 'PrivateKey' | 'PublicKey' | 'SymmetricKey'
  readonly algorithm: string
  /** Bits. Default as of a new key. */
  readonly length?: number
  readonly curve?: string
}

/**
 * Takes in what is known of a key whose value is kept elsewhere (KMIP 2.1 section 4.28, Key Value Present): it is found, told of and
 * destroyed as others are, and nothing is done with it here.
 */
export const registerElsewhere: SystemOperation<KeyServices, RegisterElsewhereInput, ObjectInfo> = {
  name: 'RegisterElsewhere',
  permission: 'Import',
  durability: 'synced',
  independent: true,
  async prepare(services, actor, { type, algorithm, length, curve, ...attributes }) {
    const spec = keySpec(algorithm, length, curve)
    if ((spec.algorithm.kind === 'secret') !== (type === 'SymmetricKey'))
      throw new MortiseError('MORTISE_INPUT_INVALID', `a key of ${algorithm} is no ${type}`)
    const mark = judge(services, 'protect', spec)
    const row = newRow(services, { id: newId(), type, spec, material: null, owner: actor }, attributes)
    return {
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }] },
      object: row.id,
      detail: { algorithm, length: row.length, type, ...(row.name && { name: row.name }), ...mark },
    }
  },
}
