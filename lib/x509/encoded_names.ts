import type { TbsCertificate } from './certificate.js'
import { DerReader } from './der/reader.js'
import { type GeneralName, readGeneralName } from './name/general_name.js'
import { type Name, readName } from './name/name.js'

/** A distinguished name of its DER. @throws MORTISE_X509_INVALID */
export function nameOfDer(der: Uint8Array): Name {
  const reader = new DerReader(der)
  const name = readName(reader)
  reader.end()
  return name
}

/** An alternative name of its DER. @throws MORTISE_X509_INVALID */
export function generalNameOfDer(der: Uint8Array): GeneralName {
  const reader = new DerReader(der)
  const name = readGeneralName(reader)
  reader.end()
  return name
}

const extensions = { subject: '2.5.29.17', issuer: '2.5.29.18' }

/**
 * The alternative names of a certificate's subject or issuer (RFC 5280 sections 4.2.1.6 and 4.2.1.7), each a GeneralName as DER.
 *
 * @throws MORTISE_X509_INVALID
 */
export function alternativeNamesOf(
  { extensions: { all } }: TbsCertificate,
  whose: keyof typeof extensions,
): readonly Uint8Array[] {
  const extension = all.find(({ type }) => type === extensions[whose])
  return extension ? new DerReader(extension.value).sequenceOf((names) => names.element().der) : []
}
