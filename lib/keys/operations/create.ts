import { keySpec } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { judge } from '../judge.js'
import { type NewKeyAttributes, newRow, traitsOf } from '../make.js'
import { takenBack } from '../on_token.js'
import { managed, newId } from '../row.js'
import type { KeyServices } from '../services.js'

export interface CreateInput extends NewKeyAttributes {
  /** `AES`, `HMAC-SHA-256`, `HMAC-SHA-384` or `HMAC-SHA-512`. */
  readonly algorithm: string
  /** Bits. Default: the longest of AES, the hash's length of HMAC. */
  readonly length?: number
}

/** Makes a symmetric key (KMIP 2.1 section 6.1.8). */
export const create: SystemOperation<KeyServices, CreateInput, ObjectInfo> = {
  name: 'Create',
  permission: 'Create',
  durability: 'synced',
  independent: true,
  async prepare(services, actor, input) {
    const spec = keySpec(input.algorithm, input.length)
    if (spec.algorithm.kind !== 'secret') {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `${input.algorithm} keys come in pairs: create a key pair`,
      )
    }
    const mark = judge(services, 'protect', spec)
    const id = newId()
    const type = 'SymmetricKey'
    const provider = services.provider(input.provider ?? services.keyProvider)
    const traits = traitsOf(type, spec, input, provider.name)
    const material = await provider.generateSecret(spec, { id, type, serial: 1 }, traits)
    const row = newRow(services, { id, type, spec, material, provider: provider.name, owner: actor }, input)
    return {
      ...takenBack(provider, [row]),
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }] },
      object: id,
      detail: { algorithm: row.algorithm, length: row.length, ...(row.name && { name: row.name }), ...mark },
    }
  },
}
