import { algorithms, type ObjectInfo, type Session } from '../../../core/index.js'
import { objectTypeOf } from '../attributes/read.js'
import { refuse } from '../engine/refusal.js'
import {
  coreLength,
  keyAttributes,
  type NewObject,
  newObject,
  requireAlgorithm,
} from '../objects/new_object.js'
import { objectTypes } from '../objects/read_object.js'
import { ruled } from '../objects/rules.js'
import { saidIn } from '../objects/template.js'
import { Tag } from '../tables/index.js'
import type { KmipOperation } from './operation.js'

/** KMIP 2.1 section 6.1.8. */
export const create: KmipOperation = {
  name: 'Create',
  effect: 'undo',
  async run(request) {
    const { payload, session } = request
    const type = objectTypeOf(payload)
    const name = objectTypes.name(type)
    const said = await saidIn(request)
    const made = newObject(name === undefined ? said : await ruled(request, name, said))
    const { id } = await createAsked(session, name, made)
    return {
      object: id,
      made: { Create: id },
      write(writer) {
        writer.enumeration(Tag.ObjectType, type)
        writer.text(Tag.UniqueIdentifier, id)
      },
      undo: () => session.destroy(id),
    }
  },
}

function createAsked(session: Session, type: string | undefined, made: NewObject): Promise<ObjectInfo> {
  switch (type) {
    case 'SymmetricKey': {
      const algorithm = requireAlgorithm(made.algorithm)
      requireQuantumSafe(made, algorithm)
      return session.createKey({
        algorithm,
        ...(made.length !== undefined && { length: coreLength(algorithm, made.length) }),
        ...fresh(keyAttributes(made, 'SymmetricKey')),
      })
    }
    case 'SecretData':
      return createSecret(session, made)
    default:
      throw refuse(
        'InvalidObjectType',
        'symmetric keys and secret data are created: register what was made elsewhere',
      )
  }
}

/** Random bytes of the length that is asked for, of which nobody has said what they are. */
async function createSecret(session: Session, { length = 256, ...made }: NewObject): Promise<ObjectInfo> {
  if (length < 8 || length % 8 !== 0) throw refuse('InvalidField', 'secret data has whole bytes')
  const material = await session.random(length / 8)
  try {
    return await session.registerObject({
      type: 'SecretData',
      material,
      secretDataType: 'Password',
      ...fresh(keyAttributes(made, undefined, 'Opaque')),
    })
  } finally {
    material.fill(0)
  }
}

/** Against Grover's search a key has half of its bits (NIST IR 8547 section 4). */
function requireQuantumSafe({ attributes, length }: NewObject, algorithm: keyof typeof algorithms): void {
  const bits = length ?? algorithms[algorithm].lengths[0] ?? 0
  if (attributes.QuantumSafe !== true || bits >= 256) return
  throw refuse('GeneralFailure', `a key of ${bits} bits is not Quantum Safe: 256 are`)
}

/** SP 800-90A: what OpenSSL draws keys from. */
const generator = {
  rngAlgorithm: 'DRBG',
  cryptographicAlgorithm: 'AES',
  cryptographicLength: 256,
  drbgAlgorithm: 'CTR',
}

/** It is made here, and nobody has had it yet. */
export function fresh<Attributes extends { readonly attributes?: object }>(given: Attributes): Attributes {
  return {
    ...given,
    attributes: {
      Fresh: true,
      OriginalCreationDate: new Date().toISOString(),
      RandomNumberGenerator: generator,
      ...given.attributes,
    },
  }
}
