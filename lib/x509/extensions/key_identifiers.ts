import { DerReader } from '../der/reader.js'
import { constructed, primitive } from '../der/tags.js'
import { integer, nothing, octetString, sequence, value } from '../der/writer.js'
import { malformed } from '../malformed.js'
import { type GeneralName, readGeneralName, writeGeneralName } from '../name/general_name.js'

/** RFC 5280 section 4.2.1.1. */
export interface AuthorityKeyIdentifier {
  readonly keyIdentifier?: Uint8Array | undefined
  readonly authorityCertIssuer?: readonly GeneralName[] | undefined
  /** Two's complement. */
  readonly authorityCertSerialNumber?: Uint8Array | undefined
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

export function writeAuthorityKeyIdentifier({
  keyIdentifier,
  authorityCertIssuer,
  authorityCertSerialNumber,
}: AuthorityKeyIdentifier): Buffer {
  return sequence(
    keyIdentifier === undefined ? nothing : value(primitive(0), keyIdentifier),
    authorityCertIssuer === undefined
      ? nothing
      : value(constructed(1), ...authorityCertIssuer.map(writeGeneralName)),
    authorityCertSerialNumber === undefined ? nothing : integer(authorityCertSerialNumber, primitive(2)),
  )
}

/** RFC 5280 section 4.2.1.2. */
export function readSubjectKeyIdentifier(reader: DerReader): Uint8Array {
  return reader.octetString()
}

export function writeSubjectKeyIdentifier(identifier: Uint8Array): Buffer {
  return octetString(identifier)
}
