import { type KeySpec, keySpec, secretBytes, splitMethods } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { SplitKeyFacts, SystemOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { judge } from '../judge.js'
import { dataProvider, type NewKeyAttributes, newRow } from '../make.js'
import { managed, newId, uuid } from '../row.js'
import type { KeyServices } from '../services.js'
import { mostParts } from './split_key.js'

export interface RegisterShareInput extends Omit<NewKeyAttributes, 'usage' | 'callerIv'> {
  /** As export gave it out. The caller wipes its copy. */
  readonly material: Uint8Array
  /** Of the key that was split, as the two below. Default not said: it is when the key is joined. */
  readonly algorithm?: string
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
    const spec = algorithm === undefined ? undefined : keySpec(algorithm, length, curve)
    checkFacts(facts)
    checkKey(facts, spec, material)
    const mark = spec && judge(services, 'protect', spec)
    const id = newId()
    const type = 'SplitKey'
    const { split, method, polynomial, prime, parts, identifier, threshold, of } = facts
    const row = newRow(
      services,
      {
        id,
        type,
        spec: spec ?? unknownKey,
        material: services.provider(dataProvider).importData(material, { id, type, serial: 1 }),
        owner: actor,
        values: {
          splitKey: {
            ...(split !== undefined && { split }),
            method,
            ...(polynomial !== undefined && { polynomial }),
            ...(prime !== undefined && { prime }),
            ...{ parts, identifier, threshold },
            ...(of !== undefined && { of }),
          },
        },
      },
      attributes,
    )
    return {
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }] },
      object: id,
      detail: {
        type,
        ...(split !== undefined && { split }),
        identifier,
        ...(row.name && { name: row.name }),
        ...mark,
      },
    }
  },
}

/** Of a share that does not say what it is one of. */
const unknownKey = { algorithm: { name: '', usages: {} }, length: 0, curve: undefined }

function checkFacts(facts: SplitKeyFacts): void {
  const { split, method, polynomial, prime = '', parts, identifier, threshold } = facts
  const within = (number: number, least: number, most: number) =>
    Number.isInteger(number) && number >= least && number <= most
  if (
    (split === undefined || uuid.test(split)) &&
    splitMethods.includes(method) &&
    (polynomial === undefined || polynomial === 283 || polynomial === 285) &&
    (method === 'PolynomialSharingPrimeField') === /^([0-9a-f]{2}){1,1024}$/.test(prime) &&
    within(parts, 2, mostParts) &&
    within(threshold, method === 'XOR' ? parts : 2, parts) &&
    within(identifier, 1, parts)
  )
    return
  throw new MortiseError(
    'MORTISE_INPUT_INVALID',
    `a share is one of 2 to ${mostParts} parts, of which 2 at least are needed, all with XOR; what they have in common is a UUID, and a prime where their field is of one`,
  )
}

/** A share of a secret is as long as the key, but for one that is a number; of a private key as long as its PKCS#8. */
function checkKey(
  { of, method, prime = '' }: SplitKeyFacts,
  spec: KeySpec | undefined,
  material: Uint8Array,
): void {
  const wanted = spec && (spec.algorithm.kind === 'secret' ? 'SymmetricKey' : 'PrivateKey')
  if (spec && of !== wanted)
    throw new MortiseError(
      'MORTISE_INPUT_INVALID',
      `a key of ${spec.algorithm.name} that is split is a ${wanted}`,
    )
  const bytes =
    method === 'PolynomialSharingPrimeField'
      ? prime.length / 2
      : wanted === 'SymmetricKey' && secretBytes(spec as KeySpec)
  if (bytes && material.length !== bytes)
    throw new MortiseError('MORTISE_CRYPTO_KEY_INVALID', `a share of such a key has ${bytes} bytes`)
}
