import { parametersOf, unsupported, usedKey } from '../crypto.js'
import { byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import { algorithmNames } from '../words.js'
import { identified, type KmipOperation, objectOf, type Request } from './operation.js'
import { refuseStreams } from './streams.js'

/** KMIP 2.1 section 6.1.31. */
export const mac: KmipOperation = {
  name: 'MAC',
  effect: 'read',
  async run(request) {
    const { id, data } = await macInput(request)
    const made = await request.session.mac(id, data)
    return identified(id, { write: (writer) => writer.byteString(Tag.MACData, made) })
  },
}

/** The key and the data, once it is known that the key makes the MAC that is asked for. */
export async function macInput(request: Request): Promise<{ readonly id: string; readonly data: Buffer }> {
  refuseStreams(request)
  const key = await usedKey(request, objectOf(request))
  const { cryptographicAlgorithm: asked, blockCipherMode } = await parametersOf(request, key.id)
  const own = algorithmNames[key.algorithm]
  if ((asked !== undefined && asked !== own) || (blockCipherMode !== undefined && blockCipherMode !== 'CMAC'))
    throw unsupported(`a key of ${own ?? key.algorithm} makes no MAC of ${asked ?? blockCipherMode}`)
  return { id: key.id, data: request.payload.required(Tag.Data, byteString) }
}
