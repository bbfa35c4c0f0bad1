import { jsonOfTtlv, requestOfJson, requestOfXml, xmlOfTtlv } from '../../lib/faces/kmip/index.js'
import { native, TtlvDecoder, type TtlvMessage, TtlvWriter } from '../../lib/native/index.js'

export const writer = new TtlvWriter(native)
export const decoder = new TtlvDecoder(native, { strict: true })

export const messageOfXml = (text: string): TtlvMessage => decoder.decode(requestOfXml(writer, text).bytes)
export const messageOfJson = (text: string): TtlvMessage => decoder.decode(requestOfJson(writer, text).bytes)

/** What is written of a message in JSON and XML is that message. */
export function survives(message: TtlvMessage): boolean {
  const again = [
    messageOfXml(xmlOfTtlv(message)),
    messageOfJson(jsonOfTtlv(message)),
    messageOfJson(jsonOfTtlv(message, { dialect: 'cosmian' })),
  ]
  return again.every(({ bytes }) => bytes.equals(message.bytes))
}
