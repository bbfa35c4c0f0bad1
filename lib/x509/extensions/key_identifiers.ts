import { DerReader } from '../der/reader.js'
import { constructed, primitive } from '../der/tags.js'
import { malformed } from '../malformed.js'
import { type GeneralName, readGeneralName } from '../name/general_name.js'

/** RFC 5280 section 4.2.1.1. */
export interface AuthorityKeyIdentifier {
  readonly keyIdentifier: Uint8Array | undefined
  readonly authorityCertIssuer: readonly GeneralName[] | undefined
  readonly authorityCertSerialNumber: Uint8Array | undefined
}

export function readAuthorityKeyIdentifier(reader: DerReader): AuthorityKeyIdentifier {
  const fields = reader.sequence()
  const keyIdentifier = fields.next(primitive(0)) ? fields.content(primitive(0)) : undefined
  const authorityCertIssuer = fields.next(constructed(1))
    ? new DerReader(fields.content(constructed(1))).every(readGeneralName)
    : undefined
  const authorityCertSerialNumber = fields.next(primitive(2)) ? fields.integer(primitive(2)) : undefined
  fields.end()
  if ((authorityCertIssuer === undefined) !== (authorityCertSerialNumber === undefined)) {
    throw malformed('an authority key identifier names an issuer without a serial number, or the reverse')
  }
  return { keyIdentifier, authorityCertIssuer, authorityCertSerialNumber }
}

/** RFC 5280 section 4.2.1.2. */
export function readSubjectKeyIdentifier(reader: DerReader): Uint8Array {
  return reader.octetString()
}
