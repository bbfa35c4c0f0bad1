/** Identifier octets (X.690 section 8.1.2) of the universal types that certificates are made of. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
} as const

/** Of a context-specific field, as IMPLICIT of a primitive type. */
export function primitive(number: number): number {
  return 0x80 | number
}

/** Of a context-specific field that is EXPLICIT, or IMPLICIT of a constructed type. */
export function constructed(number: number): number {
  return 0xa0 | number
}
