import { refuse } from '../engine/refusal.js'
import { boolean, byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import type { Request } from './operation.js'

/** The data of a request: all of it, or so far none that anything could be done with. */
export type Gathered<Begun> =
  | { readonly begun: Begun; readonly whole: Buffer }
  | { readonly begun: Begun; readonly whole: undefined; readonly correlation: Buffer }

/**
 * Puts the parts of data together that come one after the other.
 *
 * @param begin what the first part says of all of them
 */
export async function gathered<Begun>(
  { payload, session, streams }: Request,
  operation: string,
  begin: () => Promise<Begun>,
  tag: number = Tag.Data,
): Promise<Gathered<Begun>> {
  const first = payload.optional(Tag.InitIndicator, boolean) ?? false
  const last = payload.optional(Tag.FinalIndicator, boolean) ?? false
  const given = payload.optional(Tag.CorrelationValue, byteString)
  const data = payload.optional(tag, byteString) ?? Buffer.alloc(0)
  const principal = session.principal.id
  if (!given && first === last) {
    const begun = await begin()
    return { begun, whole: payload.required(tag, byteString) }
  }
  if (!given && !first) throw refuse('InvalidField', 'the Correlation Value is missing')
  const correlation = given ?? streams.begin({ principal, operation, begun: await begin() })
  const stream = streams.find(correlation, principal, operation)
  streams.add(correlation, stream, data)
  const begun = stream.begun as Begun
  return last ? { begun, whole: streams.end(correlation, stream) } : { begun, whole: undefined, correlation }
}

/** For what answers each part, which is not done. @throws FeatureNotSupported for data in several parts */
export function refuseStreams({ payload }: Request): void {
  const first = payload.optional(Tag.InitIndicator, boolean)
  const last = payload.optional(Tag.FinalIndicator, boolean)
  const isOne = (first === undefined && last === undefined) || (first === true && last === true)
  if (isOne && payload.typeOf(Tag.CorrelationValue) === undefined) return
  throw refuse('FeatureNotSupported', 'data to encrypt or decrypt is taken in one part')
}
