import { isDeepStrictEqual } from 'node:util'
import { type KeySpec, keySpec } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { ManagedObject, SplitKeyFacts, SystemOperation } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { judge } from '../judge.js'
import { processStates } from '../lifecycle.js'
import { type NewKeyAttributes, newRow } from '../make.js'
import { managed, newId } from '../row.js'
import type { KeyServices } from '../services.js'

/** No key is split into more. */
const mostShares = 255

export interface JoinSplitKeyInput extends NewKeyAttributes {
  /** Ids or names of shares of one splitting: as many as its threshold, or more. */
  readonly shares: readonly string[]
  /** What the key is, where the shares do not say it: of others it must be the same. */
  readonly algorithm?: string
  /** Bits. */
  readonly length?: number
  readonly curve?: string
}

/** Makes a new key, equal to the one that was split, of its shares (KMIP 2.1 section 6.1.27). */
export const joinSplitKey: SystemOperation<KeyServices, JoinSplitKeyInput, ObjectInfo> = {
  name: 'JoinSplitKey',
  permission: 'Create',
  durability: 'synced',
  alsoOn({ shares }) {
    if (shares.length < 2 || shares.length > mostShares) {
      refuse(`a key is joined of 2 to ${mostShares} shares`)
    }
    return shares.map((object) => ({
      target: { object },
      permission: 'JoinSplitKey' as const,
      states: ['PreActive', ...processStates],
      purposes: ['general'] as const,
    }))
  },
  async prepare(services, actor, input, objects = []) {
    const shares = objects.map((object) => ({ object, facts: factsOf(object) }))
    const first = shares[0]
    if (!first) throw new MortiseError('MORTISE_INTERNAL')
    const { split, threshold, of } = first.facts
    // Shares that were registered say of themselves what their owner has said.
    if (!shares.every((share) => isDeepStrictEqual(splittingOf(share), splittingOf(first))))
      refuse('these are not shares of one key')
    if (new Set(shares.map(({ facts }) => facts.identifier)).size < shares.length)
      refuse('a share comes twice')
    if (shares.length < threshold)
      refuse(`the key needs ${threshold} of its shares, and these are ${shares.length}`)
    if (input.extractable && !objects.every(({ values }) => values.extractable)) {
      throw new MortiseError(
        'MORTISE_KEY_NOT_EXTRACTABLE',
        'a key is extractable only where all of its shares are: join it without',
      )
    }
    const id = newId()
    const { object } = first
    const spec = specOf(object, input)
    const type = spec.algorithm.kind === 'secret' ? 'SymmetricKey' : 'PrivateKey'
    const mark = judge(services, 'protect', spec)
    const joined = services.provider(object.provider).joinKey(
      shares.map(({ object, facts: { identifier } }) => ({ object, identifier })),
      first.facts,
      spec,
      { id, type: of ?? type, serial: 1 },
    )
    const row = newRow(
      services,
      {
        id,
        type: joined.type,
        spec: joined.spec,
        material: joined.material,
        provider: object.provider,
        owner: actor,
        publicKey: joined.publicKey,
      },
      input,
    )
    return {
      answer: objectInfo(managed(row)),
      rows: { objects: [{ row }] },
      object: id,
      detail: { ...(split !== undefined && { split }), shares: objects.map((share) => share.id), ...mark },
    }
  },
}

interface Share {
  readonly object: ManagedObject
  readonly facts: SplitKeyFacts
}

/** What the shares of one splitting have in common. */
function splittingOf({ object, facts: { identifier: _, ...facts } }: Share): unknown {
  return { ...facts, algorithm: object.algorithm, length: object.length, curve: object.values.curve }
}

function factsOf({ type, values: { splitKey } }: ManagedObject): SplitKeyFacts {
  if (type !== 'SplitKey' || !splitKey) return refuse('one of the objects is no share of a split key')
  return splitKey
}

/** As the shares say it, or whoever joins them. */
function specOf(
  { algorithm, length, values: { curve } }: ManagedObject,
  wanted: Pick<JoinSplitKeyInput, 'algorithm' | 'length' | 'curve'>,
): KeySpec {
  if (algorithm === '') {
    if (wanted.algorithm === undefined)
      throw new MortiseError('MORTISE_INPUT_INVALID', 'say what the key is: its shares do not')
    return keySpec(wanted.algorithm, wanted.length, wanted.curve)
  }
  const spec = keySpec(algorithm, length, curve)
  const isOther = (given: unknown, own: unknown) => given !== undefined && given !== own
  if (isOther(wanted.algorithm, algorithm) || isOther(wanted.length, length) || isOther(wanted.curve, curve))
    refuse('these are not shares of such a key')
  return spec
}

function refuse(message: string): never {
  throw new MortiseError('MORTISE_INPUT_INVALID', message, { details: { shares: true } })
}
