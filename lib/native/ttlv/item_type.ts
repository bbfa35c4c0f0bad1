/** The item types of TTLV (KMIP 2.1 section 10.1.2), by the names of its JSON and XML encodings. */
export const ItemType = {
  Structure: 1,
  Integer: 2,
  LongInteger: 3,
  BigInteger: 4,
  Enumeration: 5,
  Boolean: 6,
  TextString: 7,
  ByteString: 8,
  DateTime: 9,
  Interval: 10,
  /** Of KMIP 2.0 and later. */
  DateTimeExtended: 11,
} as const
export type ItemType = (typeof ItemType)[keyof typeof ItemType]
export type ItemTypeName = keyof typeof ItemType

const names = Object.keys(ItemType) as ItemTypeName[]

export function itemTypeName(type: ItemType): ItemTypeName {
  return names[type - 1] as ItemTypeName
}
