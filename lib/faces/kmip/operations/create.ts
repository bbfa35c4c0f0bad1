import { objectTypeOf } from '../attributes/read.js'
import { refuse } from '../engine/refusal.js'
import { coreLength, keyAttributes, newObject, requireAlgorithm } from '../objects/new_object.js'
import { objectTypes } from '../objects/read_object.js'
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
    if (objectTypes.name(type) !== 'SymmetricKey')
      throw refuse('InvalidObjectType', 'only symmetric keys are created: register what was made elsewhere')
    const made = newObject(await saidIn(request))
    const algorithm = requireAlgorithm(made.algorithm)
    const { id } = await session.createKey({
      algorithm,
      ...(made.length !== undefined && { length: coreLength(algorithm, made.length) }),
      ...fresh(keyAttributes(made, 'SymmetricKey')),
    })
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
