import { isMortiseError } from '../../../errors/index.js'
import { objectTypeOf } from '../attributes/read.js'
import { refuse } from '../engine/refusal.js'
import { text } from '../fields.js'
import { coreAlgorithm, coreLength, keyAttributes, newObject } from '../objects/new_object.js'
import { objectTypes } from '../objects/read_object.js'
import { saidIn } from '../objects/template.js'
import { Tag } from '../tables/index.js'
import { fresh } from './create.js'
import { identified, type KmipOperation } from './operation.js'

/** KMIP 2.1 section 6.1.27. */
export const joinSplitKey: KmipOperation = {
  name: 'JoinSplitKey',
  effect: 'undo',
  async run(request) {
    const { payload, session } = request
    const type = objectTypes.name(objectTypeOf(payload))
    if (type !== 'SymmetricKey' && type !== 'PrivateKey')
      throw refuse('InvalidObjectType', 'symmetric and private keys are joined')
    const said = newObject(await saidIn(request))
    const algorithm = coreAlgorithm(said.algorithm)
    const shares = payload.all(Tag.UniqueIdentifier, text)
    const { length, curve } = said
    const { id } = await session
      .joinSplitKey(shares, {
        ...fresh(keyAttributes(said, type)),
        ...(algorithm !== undefined && { algorithm }),
        ...(length !== undefined && curve === undefined && { length: coreLength(algorithm, length) }),
        ...(curve !== undefined && { curve }),
      })
      .catch(notJoined)
    return identified(id, { made: { JoinSplitKey: id }, undo: () => session.destroy(id) })
  },
}

/** That shares are too few, or not of one key, is a failure of cryptography in KMIP. */
function notJoined(error: unknown): never {
  if (isMortiseError(error, 'MORTISE_INPUT_INVALID') && error.details['shares'])
    throw refuse('CryptographicFailure', error.message)
  throw error
}
