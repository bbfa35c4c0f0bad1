import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { byteString, enumerated, Fields, integer, structure, Tag, text } from '../lib/faces/kmip/index.js'
import { ItemType, native, TtlvDecoder, TtlvWriter } from '../lib/native/index.js'
import type { Contender, Contest, Suite } from './harness/index.js'
import { decodeJs, encodeJs, type JsItem, type JsValue } from './peers/js_ttlv.js'

/** A message, how both sides write it from the same values, and what a server or client reads of it. */
interface Sample {
  readonly name: string
  /** Of one slice of work. */
  readonly count: number
  write(writer: TtlvWriter): void
  tree(): JsItem
  read(message: Fields): readonly unknown[]
  readTree(tree: JsItem): readonly unknown[]
}

const decoder = new TtlvDecoder(native)
const writer = new TtlvWriter(native)

/** TTLV (KMIP 1.4): to a validated tape or objects; from values to bytes; and decoded with the fields that its receiver reads. */
export const ttlv: Suite = {
  name: 'ttlv',
  sliceMilliseconds: 10,
  run: async (contest) => {
    const samples = [createRequest(), getResponse(), locateResponse(1000)]
    for (const sample of samples) await contest(decoding(sample))
    for (const sample of samples) await contest(encoding(sample))
    for (const sample of samples) await contest(reading(sample))
  },
}

const peerName = 'JavaScript, an object for each item, one Buffer'

function decoding(sample: Sample): Contest {
  const bytes = encodeJs(sample.tree())
  return {
    ...contestOf(
      `decode/${sample.name}`,
      sample,
      () => decoder.decode(bytes),
      () => decodeJs(bytes),
    ),
    check: () => {
      assert.deepEqual(decodeJs(bytes), sample.tree())
      const message = decoder.decode(bytes)
      const copy = writer.message((writer) => writer.copy(message, message.root))
      assert.ok(copy.equals(bytes))
    },
  }
}

function encoding(sample: Sample): Contest {
  const ours = () => writer.message(sample.write)
  const peer = () => encodeJs(sample.tree())
  return {
    ...contestOf(`encode/${sample.name}`, sample, ours, peer),
    check: () => assert.ok(ours().equals(peer())),
  }
}

function reading(sample: Sample): Contest {
  const bytes = encodeJs(sample.tree())
  const ours = () => sample.read(new Fields(decoder.decode(bytes)))
  const peer = () => sample.readTree(decodeJs(bytes))
  return {
    ...contestOf(`read/${sample.name}`, sample, ours, peer),
    check: () => assert.deepEqual(ours(), peer()),
  }
}

function contestOf(
  name: string,
  { count }: Sample,
  ours: () => unknown,
  peer: () => unknown,
): Omit<Contest, 'check'> {
  return { name, unit: 'messages/s', ours: repeated(count, ours), peer: repeated(count, peer), peerName }
}

function repeated(count: number, once: () => unknown): Contender {
  return {
    work: () => {
      for (let i = 0; i < count; i++) once()
      return count
    },
  }
}

const item = (tag: number, type: number, value: JsValue): JsItem => ({ tag, type, value })
const inside = (tag: number, ...value: JsItem[]) => item(tag, ItemType.Structure, value)
const number = (tag: number, value: number) => item(tag, ItemType.Integer, value)
const enumeration = (tag: number, value: number) => item(tag, ItemType.Enumeration, value)
const string = (tag: number, value: string) => item(tag, ItemType.TextString, value)

const within = ({ value }: JsItem, tag: number) =>
  (value as JsItem[]).find((item) => item.tag === tag) as JsItem
const allWithin = ({ value }: JsItem, tag: number) => (value as JsItem[]).filter((item) => item.tag === tag)

/** What is the same in every message is prepared, as a server does it: here how messages begin, up to the version. */
const [requestBegin, responseBegin] = [
  [Tag.RequestMessage, Tag.RequestHeader] as const,
  [Tag.ResponseMessage, Tag.ResponseHeader] as const,
].map(([message, header]) =>
  writer.prepare((writer) => {
    writer.begin(message)
    writer.begin(header)
    writer.begin(Tag.ProtocolVersion)
    writer.integer(Tag.ProtocolVersionMajor, 1)
    writer.integer(Tag.ProtocolVersionMinor, 4)
    writer.end()
  }),
) as [Uint32Array, Uint32Array]
const versionTree = () =>
  inside(Tag.ProtocolVersion, number(Tag.ProtocolVersionMajor, 1), number(Tag.ProtocolVersionMinor, 4))

const attributeNames = ['Cryptographic Algorithm', 'Cryptographic Length', 'Cryptographic Usage Mask', 'Name']
const [algorithmAttribute, lengthAttribute, maskAttribute, nameAttribute] = attributeNames.map((name) =>
  writer.prepare((writer) => {
    writer.begin(Tag.Attribute)
    writer.fixedText(Tag.AttributeName, name)
  }),
) as [Uint32Array, Uint32Array, Uint32Array, Uint32Array]

function createRequest(): Sample {
  const name = 'invoices of the year 2026'
  const mask = 12
  return {
    name: 'create',
    count: 500,
    write: (writer) => {
      writer.put(requestBegin)
      writer.integer(Tag.BatchCount, 1)
      writer.end()
      writer.begin(Tag.BatchItem)
      writer.enumeration(Tag.Operation, 1)
      writer.begin(Tag.RequestPayload)
      writer.enumeration(Tag.ObjectType, 2)
      writer.begin(Tag.TemplateAttribute)
      writer.put(algorithmAttribute)
      writer.enumeration(Tag.AttributeValue, 3)
      writer.end()
      writer.put(lengthAttribute)
      writer.integer(Tag.AttributeValue, 256)
      writer.end()
      writer.put(maskAttribute)
      writer.integer(Tag.AttributeValue, mask)
      writer.end()
      writer.put(nameAttribute)
      writer.begin(Tag.AttributeValue)
      writer.text(Tag.NameValue, name)
      writer.enumeration(Tag.NameType, 1)
      writer.end()
      writer.end()
      writer.end()
      writer.end()
      writer.end()
      writer.end()
    },
    tree: () => {
      const attribute = (i: number, value: JsItem) =>
        inside(Tag.Attribute, string(Tag.AttributeName, attributeNames[i] as string), value)
      const nameValue = inside(Tag.AttributeValue, string(Tag.NameValue, name), enumeration(Tag.NameType, 1))
      const template = inside(
        Tag.TemplateAttribute,
        attribute(0, enumeration(Tag.AttributeValue, 3)),
        attribute(1, number(Tag.AttributeValue, 256)),
        attribute(2, number(Tag.AttributeValue, mask)),
        attribute(3, nameValue),
      )
      return inside(
        Tag.RequestMessage,
        inside(Tag.RequestHeader, versionTree(), number(Tag.BatchCount, 1)),
        inside(
          Tag.BatchItem,
          enumeration(Tag.Operation, 1),
          inside(Tag.RequestPayload, enumeration(Tag.ObjectType, 2), template),
        ),
      )
    },
    read: (message) => {
      const batch = message.required(Tag.BatchItem, structure)
      const payload = batch.required(Tag.RequestPayload, structure)
      const attributes = payload.required(Tag.TemplateAttribute, structure).all(Tag.Attribute, structure)
      return [
        batch.required(Tag.Operation, enumerated),
        payload.required(Tag.ObjectType, enumerated),
        attributes.map((attribute) => attribute.required(Tag.AttributeName, text)),
        attributes[1]?.required(Tag.AttributeValue, integer),
      ]
    },
    readTree: (message) => {
      const batch = within(message, Tag.BatchItem)
      const payload = within(batch, Tag.RequestPayload)
      const attributes = allWithin(within(payload, Tag.TemplateAttribute), Tag.Attribute)
      return [
        within(batch, Tag.Operation).value,
        within(payload, Tag.ObjectType).value,
        attributes.map((attribute) => within(attribute, Tag.AttributeName).value),
        within(attributes[1] as JsItem, Tag.AttributeValue).value,
      ]
    },
  }
}

function getResponse(): Sample {
  const id = randomUUID()
  const key = randomBytes(32)
  const time = 1_790_000_000
  return {
    name: 'get',
    count: 500,
    write: (writer) => {
      beginResponse(writer, time, 10)
      writer.enumeration(Tag.ObjectType, 2)
      writer.text(Tag.UniqueIdentifier, id)
      writer.begin(Tag.SymmetricKey)
      writer.begin(Tag.KeyBlock)
      writer.enumeration(Tag.KeyFormatType, 1)
      writer.begin(Tag.KeyValue)
      writer.byteString(Tag.KeyMaterial, key)
      writer.end()
      writer.enumeration(Tag.CryptographicAlgorithm, 3)
      writer.integer(Tag.CryptographicLength, 256)
      writer.end()
      writer.end()
      endResponse(writer)
    },
    tree: () =>
      responseTree(
        time,
        10,
        enumeration(Tag.ObjectType, 2),
        string(Tag.UniqueIdentifier, id),
        inside(
          Tag.SymmetricKey,
          inside(
            Tag.KeyBlock,
            enumeration(Tag.KeyFormatType, 1),
            inside(Tag.KeyValue, item(Tag.KeyMaterial, ItemType.ByteString, key)),
            enumeration(Tag.CryptographicAlgorithm, 3),
            number(Tag.CryptographicLength, 256),
          ),
        ),
      ),
    read: (message) => {
      const batch = message.required(Tag.BatchItem, structure)
      const payload = batch.required(Tag.ResponsePayload, structure)
      const block = payload.required(Tag.SymmetricKey, structure).required(Tag.KeyBlock, structure)
      return [
        batch.required(Tag.ResultStatus, enumerated),
        payload.required(Tag.UniqueIdentifier, text),
        block.required(Tag.KeyFormatType, enumerated),
        block.required(Tag.KeyValue, structure).required(Tag.KeyMaterial, byteString),
      ]
    },
    readTree: (message) => {
      const batch = within(message, Tag.BatchItem)
      const payload = within(batch, Tag.ResponsePayload)
      const block = within(within(payload, Tag.SymmetricKey), Tag.KeyBlock)
      return [
        within(batch, Tag.ResultStatus).value,
        within(payload, Tag.UniqueIdentifier).value,
        within(block, Tag.KeyFormatType).value,
        within(within(block, Tag.KeyValue), Tag.KeyMaterial).value,
      ]
    },
  }
}

function locateResponse(count: number): Sample {
  const ids = Array.from({ length: count }, () => randomUUID())
  const time = 1_790_000_000
  return {
    name: `locate${count}`,
    count: 16,
    write: (writer) => {
      beginResponse(writer, time, 8)
      writer.textsOf(Tag.UniqueIdentifier, ids)
      endResponse(writer)
    },
    tree: () => responseTree(time, 8, ...ids.map((id) => string(Tag.UniqueIdentifier, id))),
    read: (message) =>
      message
        .required(Tag.BatchItem, structure)
        .required(Tag.ResponsePayload, structure)
        .all(Tag.UniqueIdentifier, text),
    readTree: (message) => {
      const payload = within(within(message, Tag.BatchItem), Tag.ResponsePayload)
      return allWithin(payload, Tag.UniqueIdentifier).map(({ value }) => value)
    },
  }
}

function beginResponse(writer: TtlvWriter, time: number, operation: number): void {
  writer.put(responseBegin)
  writer.dateTime(Tag.TimeStamp, time)
  writer.integer(Tag.BatchCount, 1)
  writer.end()
  writer.begin(Tag.BatchItem)
  writer.enumeration(Tag.Operation, operation)
  writer.enumeration(Tag.ResultStatus, 0)
  writer.begin(Tag.ResponsePayload)
}

function endResponse(writer: TtlvWriter): void {
  writer.end()
  writer.end()
  writer.end()
}

function responseTree(time: number, operation: number, ...payload: JsItem[]): JsItem {
  return inside(
    Tag.ResponseMessage,
    inside(
      Tag.ResponseHeader,
      versionTree(),
      item(Tag.TimeStamp, ItemType.DateTime, BigInt(time)),
      number(Tag.BatchCount, 1),
    ),
    inside(
      Tag.BatchItem,
      enumeration(Tag.Operation, operation),
      enumeration(Tag.ResultStatus, 0),
      inside(Tag.ResponsePayload, ...payload),
    ),
  )
}
