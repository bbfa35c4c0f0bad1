import { parametersOf, unsupported, usedKey } from '../crypto.js'
import { Tag } from '../tables/index.js'
import { algorithmNames } from '../words.js'
import { identified, type KmipOperation, objectOf, type Request } from './operation.js'
import { type Gathered, gathered } from './parts.js'
import { partial } from './sign.js'

/** KMIP 2.1 section 6.1.31. */
export const mac: KmipOperation = {
  name: 'MAC',
  effect: 'read',
  async run(request) {
    const data = await macInput(request, 'MAC')
    if (data.whole === undefined) return partial(data.begun, data.correlation)
    const made = await request.session.mac(data.begun, data.whole)
    return identified(data.begun, { write: (writer) => writer.byteString(Tag.MACData, made) })
  },
}

/** The key, once it is known that it makes the MAC that is asked for, and the data. */
export function macInput(request: Request, operation: string): Promise<Gathered<string>> {
  return gathered(request, operation, async () => {
    const key = await usedKey(request, objectOf(request))
    const { cryptographicAlgorithm: asked, blockCipherMode } = await parametersOf(request, key.id)
    const own = algorithmNames[key.algorithm]
    if (
      (asked === undefined || asked === own) &&
      (blockCipherMode === undefined || blockCipherMode === 'CMAC')
    )
      return key.id
    throw unsupported(`a key of ${own ?? key.algorithm} makes no MAC of ${asked ?? blockCipherMode}`)
  })
}
