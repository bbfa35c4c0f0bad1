import type { DeriveKeyInput } from '../../../core/index.js'
import { objectTypeOf } from '../attributes/read.js'
import { cryptographicParameters } from '../attributes/table.js'
import { hashOf, type Parameters } from '../crypto.js'
import { refuse } from '../engine/refusal.js'
import { byteString, enumerated, integer, structure } from '../fields.js'
import { coreLength, keyAttributes, newObject, requireAlgorithm } from '../objects/new_object.js'
import { objectTypes } from '../objects/read_object.js'
import { saidIn } from '../objects/template.js'
import { enumerationNames, Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf, type Request } from './operation.js'

const methods = enumerationNames('DerivationMethod')

/** KMIP 2.1 section 6.1.14. */
export const deriveKey: KmipOperation = {
  name: 'DeriveKey',
  effect: 'undo',
  async run(request) {
    const { payload, session } = request
    if (objectTypes.name(objectTypeOf(payload)) !== 'SymmetricKey')
      throw refuse('InvalidObjectType', 'only symmetric keys are derived')
    const made = newObject(await saidIn(request))
    const algorithm = requireAlgorithm(made.algorithm ?? 'AES')
    const { id } = await session.deriveKey(objectOf(request), {
      algorithm,
      ...(made.length !== undefined && { length: coreLength(algorithm, made.length) }),
      ...derivation(request),
      ...keyAttributes({ algorithm, ...made }, 'SymmetricKey'),
    })
    return identified(id, { made: { DeriveKey: id }, undo: () => session.destroy(id) })
  },
}

function derivation({ payload }: Request): Partial<DeriveKeyInput> {
  const given = payload.required(Tag.DerivationParameters, structure)
  const parameters = given.optional(Tag.CryptographicParameters, structure)
  const { hashingAlgorithm } = (
    parameters ? cryptographicParameters.read(parameters.message, parameters.item) : {}
  ) as Parameters
  const hash = hashOf(hashingAlgorithm)
  const salt = given.optional(Tag.Salt, byteString)
  const data = given.optional(Tag.DerivationData, byteString)
  const name = methods.name(payload.required(Tag.DerivationMethod, enumerated))
  switch (name) {
    case 'PBKDF2':
      return {
        method: 'PBKDF2',
        hash,
        iterations: given.required(Tag.IterationCount, integer),
        ...(salt && { salt }),
      }
    case 'HKDF':
      return { method: 'HKDF', hash, ...(salt && { salt }), ...(data && { info: data }) }
    default:
      throw refuse('FeatureNotSupported', `keys are derived by PBKDF2 or HKDF, not by ${name}`)
  }
}
