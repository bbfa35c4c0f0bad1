import { randomUUID } from 'node:crypto'
import { keySpec } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { SplitMethod } from '../../native/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { protectStates } from '../lifecycle.js'
import { newRow } from '../make.js'
import { managed, newId } from '../row.js'
import type { KeyServices } from '../services.js'

/** The identifier of a share is a byte that is not zero. */
export const mostParts = 255

export interface CreateSplitKeyInput {
  /** Id or name of an extractable symmetric or private key. */
  readonly object: string
  /** 2 to 255. */
  readonly parts: number
  /** How many are needed: 2 to `parts`. Default: all. */
  readonly threshold?: number
  /** Default `PolynomialSharingGF2_8`; `XOR` needs all parts. */
  readonly method?: SplitMethod
  /** The shares are called by it, with their number behind. Default: no names. */
  readonly name?: string
  /** Whether the shares may be exported, where the key is not Sensitive. Default false. */
  readonly extractable?: boolean
}

/** Splits a key into shares, which are objects of their own; the key stays as it is (KMIP 2.1 section 6.1.10). */
export const createSplitKey: SystemOperation<KeyServices, CreateSplitKeyInput, readonly ObjectInfo[]> = {
  name: 'CreateSplitKey',
  permission: 'Create',
  durability: 'synced',
  alsoOn: ({ object }) => [
    {
      target: { object },
      permission: 'CreateSplitKey',
      states: protectStates,
      purposes: ['general'],
    },
  ],
  async prepare(services, actor, input, [object] = []) {
    if (!object) throw new MortiseError('MORTISE_INTERNAL')
    const { parts, threshold = parts, method = 'PolynomialSharingGF2_8', extractable = false } = input
    if (object.type !== 'SymmetricKey' && object.type !== 'PrivateKey') {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        'symmetric and private keys are split, and no other objects',
      )
    }
    if (!object.values.extractable || (extractable && object.values.sensitive)) {
      throw new MortiseError(
        'MORTISE_KEY_NOT_EXTRACTABLE',
        'a key is split that was made extractable, and shares of a Sensitive one stay inside',
      )
    }
    if (!Number.isInteger(parts) || parts < 2 || parts > mostParts) {
      throw new MortiseError('MORTISE_INPUT_INVALID', `a key is split into 2 to ${mostParts} parts`)
    }
    const of = object.type
    const split = randomUUID()
    const identities = Array.from({ length: parts }, () => ({
      id: newId(),
      type: 'SplitKey' as const,
      serial: 1,
    }))
    const materials = services.provider(object.provider).splitKey(object, method, threshold, identities)
    const spec = keySpec(object.algorithm, object.length, object.values.curve)
    const rows = identities.map(({ id, type }, i) =>
      newRow(
        services,
        {
          id,
          type,
          spec,
          material: materials[i] as Uint8Array,
          owner: actor,
          links: { parent: object.id },
          values: { splitKey: { split, method, parts, identifier: i + 1, threshold, of } },
        },
        { extractable, ...(input.name !== undefined && { name: `${input.name}-${i + 1}` }) },
      ),
    )
    return {
      answer: rows.map((row) => objectInfo(managed(row))),
      rows: { objects: rows.map((row) => ({ row })) },
      detail: { split, method, parts, threshold },
    }
  },
}
