import { parametersOf, type Signing, signingOf, usedKey } from '../crypto.js'
import { refuse } from '../engine/refusal.js'
import { byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import { identified, type KmipOperation, objectOf, type Request } from './operation.js'
import { gathered } from './parts.js'

/** KMIP 2.1 section 6.1.55. */
export const sign: KmipOperation = {
  name: 'Sign',
  effect: 'read',
  async run(request) {
    const { begun, digested, ...data } = await signedData(request, 'Sign')
    if (data.whole === undefined) return partial(begun.id, data.correlation)
    const { input, options } = await signingInput(request, begun.signing, data.whole, digested)
    const signature = await request.session.sign(begun.id, input, options)
    return identified(begun.id, { write: (writer) => writer.byteString(Tag.SignatureData, signature) })
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
    const given = payload.optional(Tag.SignatureData, byteString)
    return {
      id: key.id,
      signing: signingOf(await parametersOf(request, key.id), key),
      // To verify: it may come with the first part.
      given: given && Buffer.from(given),
    }
  }
  const tag = digested ? Tag.DigestedData : Tag.Data
  return { ...(await gathered(request, operation, begin, tag)), digested }
}

/**
 * What is signed, and how. A digest of which nobody says by which hash is signed as it is, and so is one that is made here by a hash that
 * no scheme of the key has.
 */
export async function signingInput(
  { session }: Request,
  { scheme, saltLength, hash, named }: Signing,
  data: Buffer,
  digested: boolean,
) {
  const options = { ...(scheme && { scheme }), ...(saltLength !== undefined && { saltLength }) }
  if (hash) return { input: digested ? data : await session.hash(data, hash), options: { bare: true } }
  if (digested && !named) return { input: data, options: { ...options, bare: true } }
  return { input: data, options: { ...options, digested } }
}

/** What is answered to a part that is not the last. */
export function partial(object: string, correlation: Buffer) {
  return identified(object, { write: (writer) => writer.byteString(Tag.CorrelationValue, correlation) })
}
