import { objectTypeOf } from '../attributes/read.js'
import { refuse } from '../engine/refusal.js'
import { integer } from '../fields.js'
import {
  coreLength,
  keyAttributes,
  type NewObject,
  newObject,
  requireAlgorithm,
} from '../objects/new_object.js'
import { objectTypes } from '../objects/read_object.js'
import { sharingIn } from '../objects/split_method.js'
import { saidIn } from '../objects/template.js'
import { Tag } from '../tables/index.js'
import { fresh } from './create.js'
import { type KmipOperation, optionalObject, type Request } from './operation.js'

/** KMIP 2.1 section 6.1.10: of a key that is here, or of one that is made for it and is nowhere else. */
export const createSplitKey: KmipOperation = {
  name: 'CreateSplitKey',
  effect: 'undo',
  async run(request) {
    const { payload, session, version } = request
    if (objectTypes.name(objectTypeOf(payload)) !== 'SplitKey')
      throw refuse('InvalidObjectType', 'a key is split into objects of the type Split Key')
    const { method, polynomial, prime } = sharingIn(payload, version)
    const said = newObject(await saidIn(request))
    const given = optionalObject(request)
    const key = given ?? (await baseOf(request, said))
    try {
      const { name, attributes, stated, activate, extractable } = fresh(keyAttributes(said, undefined))
      const shares = await session.splitKey(key, {
        method,
        ...(polynomial !== undefined && { polynomial }),
        ...(prime !== undefined && { prime: Buffer.from(prime, 'hex') }),
        parts: payload.required(Tag.SplitKeyParts, integer),
        threshold: payload.required(Tag.SplitKeyThreshold, integer),
        ...(name !== undefined && { name }),
        ...(attributes && { attributes }),
        ...(given !== undefined && stated && { stated }),
        ...(activate !== undefined && { activate }),
        ...(extractable !== undefined && { extractable: extractable !== false }),
      })
      const ids = shares.map(({ id }) => id)
      const [first = ''] = ids
      return {
        object: first,
        made: { CreateSplitKey: first },
        write(writer) {
          // Only the text of 1.2 has it, and its test cases do not.
          writer.textsOf(Tag.UniqueIdentifier, ids)
        },
        async undo() {
          for (const id of ids) await session.destroy(id)
        },
      }
    } finally {
      if (given === undefined) await session.destroy(key)
    }
  },
}

/** A key that is split and not kept. */
async function baseOf({ session }: Request, said: NewObject): Promise<string> {
  const algorithm = requireAlgorithm(said.algorithm)
  const { length } = said
  const { id } = await session.createKey({
    algorithm,
    ...(length !== undefined && { length: coreLength(algorithm, length) }),
    extractable: true,
    activate: false,
  })
  return id
}
