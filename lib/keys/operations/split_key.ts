import { randomUUID } from 'node:crypto'
import { keySpec, secretBytes } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { SplitMethod } from '../../native/index.js'
import type { ManagedObject, SplitKeyFacts, SystemOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { protectStates } from '../lifecycle.js'
import { type NewKeyAttributes, newRow } from '../make.js'
import { managed, newId } from '../row.js'
import type { KeyServices } from '../services.js'

/** The identifier of a share is a byte that is not zero. */
export const mostParts = 255

/** The prime of a field that has none: 2^521 - 1, hexadecimal. */
const usualPrime = `01${'ff'.repeat(65)}`

export interface CreateSplitKeyInput
  extends Pick<NewKeyAttributes, 'activate' | 'attributes' | 'description' | 'stated'> {
  /** Id or name of an extractable symmetric or private key. */
  readonly object: string
  /** 2 to 255. */
  readonly parts: number
  /** How many are needed: 2 to `parts`. Default: all. */
  readonly threshold?: number
  /** Default `PolynomialSharingGF2_8`; `XOR` needs all parts; over the field of a prime secret keys alone are split. */
  readonly method?: SplitMethod
  /** Of the fields of bytes. Default 285, as KMIP 2.1 has it. */
  readonly polynomial?: 283 | 285
  /** Of the field of a prime: that, big endian, of at most 1,024 bytes. Default 2^521 - 1. */
  readonly prime?: Uint8Array
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
      // Nothing is protected with it.
      states: ['PreActive', ...protectStates],
      purposes: ['general'],
    },
  ],
  async prepare(services, actor, input, [object] = []) {
    if (!object) throw new MortiseError('MORTISE_INTERNAL')
    const { parts, threshold = parts, extractable = false, name } = input
    const { activate, attributes, description, stated } = input
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
    const sharing = sharingOf(input, object)
    const split = randomUUID()
    const identities = Array.from({ length: parts }, () => ({
      id: newId(),
      type: 'SplitKey' as const,
      serial: 1,
    }))
    const materials = services.provider(object.provider).splitKey(object, sharing, threshold, identities)
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
          values: { splitKey: { split, ...sharing, parts, identifier: i + 1, threshold, of } },
        },
        {
          extractable,
          ...(name !== undefined && { name: `${name}-${i + 1}` }),
          ...(activate !== undefined && { activate }),
          ...(attributes && { attributes }),
          ...(description !== undefined && { description }),
          ...(stated && { stated }),
        },
      ),
    )
    return {
      answer: rows.map((row) => objectInfo(managed(row))),
      rows: { objects: rows.map((row) => ({ row })) },
      detail: { split, method: sharing.method, parts, threshold },
    }
  },
}

/** @throws MORTISE_INPUT_INVALID for a key that the method does not split */
function sharingOf(
  { method = 'PolynomialSharingGF2_8', polynomial = 285, prime }: CreateSplitKeyInput,
  object: ManagedObject,
): Pick<SplitKeyFacts, 'method' | 'polynomial' | 'prime'> {
  if (method === 'XOR') return { method }
  if (method !== 'PolynomialSharingPrimeField') return { method, polynomial }
  if (object.type !== 'SymmetricKey')
    throw new MortiseError('MORTISE_INPUT_INVALID', 'private keys are not split over the field of a prime')
  const bytes = secretBytes(keySpec(object.algorithm, object.length, object.values.curve))
  if (!prime && bytes > 65)
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      'give a prime that is larger than every key of this length',
    )
  return { method, prime: prime ? Buffer.from(prime).toString('hex') : usualPrime }
}
