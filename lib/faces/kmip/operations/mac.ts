import type { Hash } from '../../../core/index.js'
import { hashOf, parametersOf, unsupported, usedKey } from '../crypto.js'
import { byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import { algorithmNames } from '../words.js'
import { identified, type KmipOperation, objectOf, type Request } from './operation.js'
import { type Gathered, gathered } from './parts.js'
import { partial } from './sign.js'

/** KMIP 2.1 section 6.1.32. */
export const mac: KmipOperation = {
  name: 'MAC',
  effect: 'read',
  async run(request) {
    const { begun, ...data } = await macInput(request, 'MAC')
    if (data.whole === undefined) return partial(begun.id, data.correlation)
    const made = await request.session.mac(begun.id, data.whole, begun.options)
    return identified(begun.id, { write: (writer) => writer.byteString(Tag.MACData, made) })
  },
}

interface Macing {
  readonly id: string
  readonly options: { readonly hash?: Hash }
  /** To verify: it may come with the first part. */
  readonly given: Buffer | undefined
}

/** The key, once it is known that it makes the MAC that is asked for, and the data. */
export function macInput(request: Request, operation: string): Promise<Gathered<Macing>> {
  return gathered(request, operation, async () => {
    const key = await usedKey(request, objectOf(request))
    const { cryptographicAlgorithm: asked, blockCipherMode } = await parametersOf(request, key.id)
    const own = algorithmNames[key.algorithm]
    const [, hash] = /^HMAC_(SHA.*)$/.exec(asked ?? '') ?? []
    const ofAes = key.algorithm === 'AES' && hash !== undefined
    const other = asked !== undefined && asked !== own && !ofAes
    if (other || (blockCipherMode !== undefined && blockCipherMode !== 'CMAC'))
      throw unsupported(`a key of ${own ?? key.algorithm} makes no MAC of ${other ? asked : blockCipherMode}`)
    const given = request.payload.optional(Tag.MACData, byteString)
    return {
      id: key.id,
      options: ofAes ? { hash: hashOf(hash.replace(/^SHA(\d)/, 'SHA_$1').replace('SHA_3_', 'SHA3_')) } : {},
      given: given && Buffer.from(given),
    }
  })
}
