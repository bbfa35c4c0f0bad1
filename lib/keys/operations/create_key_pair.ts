import { keySpec } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import type { SystemOperation, Usage } from '../../operation/index.js'
import { type ObjectInfo, objectInfo } from '../info.js'
import { judge } from '../judge.js'
import type { NewKeyAttributes } from '../make.js'
import { takenBack } from '../on_token.js'
import { newPair } from '../pair.js'
import { managed } from '../row.js'
import type { KeyServices } from '../services.js'

export interface CreateKeyPairInput extends Omit<NewKeyAttributes, 'usage'> {
  /** `RSA`, `EC`, `Ed25519`, `Ed448`, `X25519` or `X448`. */
  readonly algorithm: string
  /** Bits, of RSA. Default 3072. */
  readonly length?: number
  /** `P-256` (default), `P-384`, `P-521` or `secp256k1`, of EC. */
  readonly curve?: string
  /** Name of the public key; `name` is the private key's. */
  readonly publicName?: string
  /** Default: every usage that private keys of the algorithm have. */
  readonly privateUsage?: readonly Usage[]
  /** Default: every usage that public keys of the algorithm have. */
  readonly publicUsage?: readonly Usage[]
  /** What is said of the private key alone, beside or instead of what is said of both. */
  readonly private?: Partial<NewKeyAttributes>
  /** The same of the public key. */
  readonly public?: Partial<NewKeyAttributes>
}

export interface KeyPairInfo {
  readonly privateKey: ObjectInfo
  readonly publicKey: ObjectInfo
}

/** Makes a private and a public key that link to one another (KMIP 2.1 section 6.1.9). */
export const createKeyPair: SystemOperation<KeyServices, CreateKeyPairInput, KeyPairInfo> = {
  name: 'CreateKeyPair',
  permission: 'Create',
  durability: 'synced',
  independent: true,
  async prepare(services, actor, input) {
    const spec = keySpec(input.algorithm, input.length, input.curve)
    if (spec.algorithm.kind !== 'pair') {
      throw new MortiseError(
        'MORTISE_INPUT_INVALID',
        `${input.algorithm} keys do not come in pairs: create a key`,
      )
    }
    const mark = judge(services, 'protect', spec)
    const {
      name,
      publicName,
      privateUsage,
      publicUsage,
      private: ofPrivate,
      public: ofPublic,
      ...common
    } = input
    const [privateRow, publicRow] = await newPair(
      services,
      { spec, owner: actor, provider: input.provider ?? services.keyProvider },
      {
        ...common,
        ...(name !== undefined && { name }),
        ...(privateUsage && { usage: privateUsage }),
        ...both(common, ofPrivate),
      },
      {
        ...common,
        ...(publicName !== undefined && { name: publicName }),
        ...(publicUsage && { usage: publicUsage }),
        ...both(common, ofPublic),
        sensitive: ofPublic?.sensitive ?? false,
      },
    )
    return {
      ...takenBack(services.provider(privateRow.provider), [privateRow, publicRow]),
      answer: {
        privateKey: objectInfo(managed(privateRow)),
        publicKey: objectInfo(managed(publicRow)),
      },
      rows: { objects: [{ row: privateRow }, { row: publicRow }] },
      object: privateRow.id,
      detail: {
        algorithm: privateRow.algorithm,
        length: privateRow.length,
        publicKey: publicRow.id,
        ...mark,
      },
    }
  },
}

function both(
  common: NewKeyAttributes,
  own: Partial<NewKeyAttributes> | undefined,
): Partial<NewKeyAttributes> {
  if (!own) return {}
  return { ...own, attributes: { ...common.attributes, ...own.attributes } }
}
