import type { DeriveKeyInput, KdfMethod } from '../../../core/index.js'
import { objectTypeOf } from '../attributes/read.js'
import { cryptographicParameters } from '../attributes/table.js'
import { hashOf, modeOf, type Parameters, paddingOf, unsupported } from '../crypto.js'
import { refuse } from '../engine/refusal.js'
import { byteString, enumerated, integer, structure, text } from '../fields.js'
import { coreLength, keyAttributes, newObject, requireAlgorithm } from '../objects/new_object.js'
import { objectTypes } from '../objects/read_object.js'
import { ruled } from '../objects/rules.js'
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
    const made = newObject(await ruled(request, 'SymmetricKey', await saidIn(request)))
    const algorithm = requireAlgorithm(made.algorithm ?? 'AES')
    const base = objectOf(request)
    const { id } = await session.deriveKey(base, {
      algorithm,
      ...(made.length !== undefined && { length: coreLength(algorithm, made.length) }),
      ...(await derivation(request)),
      ...keyAttributes({ algorithm, ...made }, 'SymmetricKey'),
    })
    return identified(id, { made: { DeriveKey: id }, undo: () => session.destroy(id) })
  },
}

const of108: Readonly<Record<string, KdfMethod>> = {
  NIST800_108_C: 'SP800-108-counter',
  NIST800_108_F: 'SP800-108-feedback',
  NIST800_108_DPI: 'SP800-108-pipeline',
}

async function derivation({ payload, session }: Request): Promise<Partial<DeriveKeyInput>> {
  const given = payload.required(Tag.DerivationParameters, structure)
  const parameters = given.optional(Tag.CryptographicParameters, structure)
  const said = (
    parameters ? cryptographicParameters.read(parameters.message, parameters.item) : {}
  ) as Parameters
  const { hashingAlgorithm } = said
  const hash = hashOf(hashingAlgorithm)
  const salt = given.optional(Tag.Salt, byteString)
  const data = given.optional(Tag.DerivationData, byteString)
  const name = methods.name(payload.required(Tag.DerivationMethod, enumerated)) ?? 'unknown'
  const ofName = of108[name]
  if (ofName !== undefined) return { method: ofName, hash, ...fixedInput(data) }
  switch (name) {
    case 'PBKDF2':
      return {
        method: 'PBKDF2',
        // RFC 8018 appendix A.2.
        hash: hashOf(hashingAlgorithm ?? 'SHA_1'),
        iterations: given.required(Tag.IterationCount, integer),
        ...(salt && { salt }),
      }
    case 'HKDF':
      return { method: 'HKDF', hash, ...(salt && { salt }), ...(data && { info: data }) }
    case 'HASH':
      if (data) throw refuse('FeatureNotSupported', 'the key is hashed: leave the Derivation Data out')
      return { method: 'Hash', hash }
    case 'HMAC':
      return { method: 'HMAC', hash, info: given.required(Tag.DerivationData, byteString) }
    case 'Encrypt': {
      const mode = modeOf(said, '')
      if (mode !== 'CBC' && mode !== 'CTR' && mode !== 'ECB')
        throw unsupported('keys are derived by encryption in the modes CBC, CTR and ECB')
      const iv = given.optional(Tag.InitializationVector, byteString)
      return {
        method: 'Encrypted',
        info: given.required(Tag.DerivationData, byteString),
        cipher: { mode, ...paddingOf(mode, said), ...(iv && { iv }) },
      }
    }
    case 'AsymmetricKey': {
      const [, peer] = payload.all(Tag.UniqueIdentifier, text)
      if (peer === undefined) throw refuse('MissingData', 'the public key of the peer is missing')
      return { method: 'Agreed', peer: (await session.exportObject(peer, { format: 'spki' })).material }
    }
    default:
      throw refuse('FeatureNotSupported', `keys are not derived by ${name}`)
  }
}

/** KMIP gives the label and the context of SP 800-108 as one, with the zero byte between them. */
function fixedInput(data: Buffer | undefined): Pick<DeriveKeyInput, 'info' | 'context'> {
  if (!data) return {}
  const zero = data.indexOf(0)
  return zero < 0 ? { info: data } : { info: data.subarray(0, zero), context: data.subarray(zero + 1) }
}
