import { type KeySpec, keySpec, splitMethods } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { SplitKeyFacts, SystemOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { judge } from '../judge.js'
import { defaultProvider, type NewKeyAttributes, newRow } from '../make.js'
import { managed, newId, uuid } from '../row.js'
import type { KeyServices } from '../services.js'
import { mostParts } from './split_key.js'

export interface RegisterShareInput extends Omit<NewKeyAttributes, 'usage' | 'callerIv'> {
  /** As export gave it out. The caller wipes its copy. */
  readonly material: Uint8Array
  /** Of the key that was split, as the three below. */
  readonly algorithm: string
  /** Bits. Default: as of keys that are made. */
  readonly length?: number
  readonly curve?: string
  /** The place of the share among the others, as `get` tells it. */
  readonly splitKey: SplitKeyFacts
}

/**
 * Takes a share of a split key in again that was exported (KMIP 2.1, Register of a Split Key). What it says of itself is believed: a
 * key that is joined of shares with a wrong one among them is another key, which only some algorithms notice.
 */
export const registerShare: SystemOperation<KeyServices, RegisterShareInput, ObjectInfo> = {
  name: 'Register',
  permission: 'Import',
  durability: 'synced',
  independent: true,
  async prepare(services, actor, { material, algorithm, length, curve, splitKey: facts, ...attributes }) {
    const spec = keySpec(algorithm, length, curve)
    checkFacts(facts)
    checkKey(facts, spec, material)
    const mark = judge(services, 'protect', spec)
    const id = newId()
    const type = 'SplitKey'
    const { split, method, parts, identifier, threshold, of } = facts
    const row = newRow(
      services,
      {
        id,
        type,
        spec,
        material: services.provider(defaultProvider).importData(material, { id, type, serial: 1 }),
        owner: actor,
        values: { splitKey: { split, method, parts, identifier, threshold, of } },
      },
      attributes,
    )
    return {
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }] },
      object: id,
      detail: { type, split, identifier, ...(row.name && { name: row.name }), ...mark },
    }
  },
}

function checkFacts({ split, method, parts, identifier, threshold }: SplitKeyFacts): void {
  const within = (number: number, least: number, most: number) =>
    Number.isInteger(number) && number >= least && number <= most
  if (
    uuid.test(split) &&
    splitMethods.includes(method) &&
    within(parts, 2, mostParts) &&
    within(threshold, method === 'XOR' ? parts : 2, parts) &&
    within(identifier, 1, parts)
  )
    return
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `a share is one of 2 to ${mostParts} parts, of which 2 at least are needed, all with XOR; what they have in common is a UUID`,
  )
}

/** A share of a secret is as long as the key; of a private key as long as its PKCS#8. */
function checkKey({ of }: SplitKeyFacts, { algorithm, length }: KeySpec, material: Uint8Array): void {
  const type = algorithm.kind === 'secret' ? 'SymmetricKey' : 'PrivateKey'
  if (of !== type)
    throw new MortiseError('MORTISE_INPUT_INVALID', `a key of ${algorithm.name} that is split is a ${type}`)
  // Each byte of a 3DES key has a parity bit.
  const bits = algorithm.native === '3DES' ? (length / 7) * 8 : length
  if (type === 'SymmetricKey' && 8 * material.length !== bits)
    throw new MortiseError(
      'MORTISE_CRYPTO_KEY_INVALID',
      `a share of a key of ${length} bits is as long as the key`,
    )
}
