import { parametersOf, schemeOf, usedKey } from '../crypto.js'
import { refuse } from '../engine/refusal.js'
import { Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf, type Request } from './operation.js'
import { gathered } from './parts.js'

/** KMIP 2.1 section 6.1.53. */
export const sign: KmipOperation = {
  name: 'Sign',
  effect: 'read',
  async run(request) {
    const { begun: key, digested, ...data } = await signedData(request, 'Sign')
    if (data.whole === undefined) return partial(key.id, data.correlation)
    const signature = await request.session.sign(key.id, data.whole, { ...key.options, digested })
    return identified(key.id, { write: (writer) => writer.byteString(Tag.SignatureData, signature) })
  },
}

/** The key and how it signs, and the data or since 1.4 its digest. */
export async function signedData(request: Request, operation: string) {
  const { payload } = request
  const digested = payload.typeOf(Tag.DigestedData) !== undefined
  if (digested && payload.typeOf(Tag.Data) !== undefined)
    throw refuse('InvalidField', 'give the data or its digest')
  const begin = async () => {
    const key = await usedKey(request, objectOf(request))
    const scheme = schemeOf(await parametersOf(request, key.id), key.algorithm)
    return { id: key.id, options: scheme ? { scheme } : {} }
  }
  const tag = digested ? Tag.DigestedData : Tag.Data
  return { ...(await gathered(request, operation, begin, tag)), digested }
}

/** What is answered to a part that is not the last. */
export function partial(object: string, correlation: Buffer) {
  return identified(object, { write: (writer) => writer.byteString(Tag.CorrelationValue, correlation) })
}
