import { native, TtlvDecoder, TtlvFramer } from '../../native/index.js'

const decoders = new Map<number, TtlvDecoder>()

/** What cuts the bytes of one connection into messages. @param largestMessage bytes */
export function framerOf(largestMessage: number): TtlvFramer {
  const decoder = decoders.get(largestMessage) ?? new TtlvDecoder(native, { largestMessage })
  decoders.set(largestMessage, decoder)
  return new TtlvFramer(decoder)
}
