import { refuse } from '../engine/refusal.js'
import type { Stream } from '../engine/streams.js'
import { boolean, byteString } from '../fields.js'
import { Tag } from '../tables/index.js'
import type { Request } from './operation.js'

/** Some or all of the data of a request. */
export interface Part<Begun> {
  /** What the first part has said of all of them. */
  readonly begun: Begun
  readonly data: Buffer
  readonly last: boolean
  /** Of data in several parts: what the client names them by, and what is kept of them. */
  readonly correlation?: Buffer
  readonly stream?: Stream
}

/** @param begin what the first part says of all of them */
export async function partOf<Begun>(
  { payload, session, streams }: Request,
  operation: string,
  begin: () => Promise<Begun>,
  tag: number = Tag.Data,
): Promise<Part<Begun>> {
  const first = payload.optional(Tag.InitIndicator, boolean) ?? false
  const last = payload.optional(Tag.FinalIndicator, boolean) ?? false
  const given = payload.optional(Tag.CorrelationValue, byteString)
  const principal = session.principal.id
  if (!given && first === last) {
    const begun = await begin()
    return { begun, data: payload.required(tag, byteString), last: true }
  }
  if (!given && !first) throw refuse('InvalidField', 'the Correlation Value is missing')
  const correlation = given ?? streams.begin({ principal, operation, begun: await begin() })
  const stream = streams.find(correlation, principal, operation)
  const data = payload.optional(tag, byteString) ?? Buffer.alloc(0)
  return { begun: stream.begun as Begun, data, last, correlation, stream }
}

/** All data of a request, or so far none that anything could be done with. */
export type Gathered<Begun> =
  | { readonly begun: Begun; readonly whole: Buffer }
  | { readonly begun: Begun; readonly whole: undefined; readonly correlation: Buffer }

/** Puts the parts of data together that come one after the other. */
export async function gathered<Begun>(
  request: Request,
  operation: string,
  begin: () => Promise<Begun>,
  tag: number = Tag.Data,
): Promise<Gathered<Begun>> {
  return gather(request, await partOf(request, operation, begin, tag))
}

export function gather<Begun>({ streams }: Request, part: Part<Begun>): Gathered<Begun> {
  const { begun, data, last, correlation, stream } = part
  if (!correlation || !stream) return { begun, whole: data }
  streams.add(correlation, stream, data)
  return last ? { begun, whole: streams.end(correlation, stream) } : { begun, whole: undefined, correlation }
}
