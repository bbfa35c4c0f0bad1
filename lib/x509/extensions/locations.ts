import type { DerReader } from '../der/reader.js'
import { oid, sequence } from '../der/writer.js'
import { type GeneralName, readGeneralName, writeGeneralName } from '../name/general_name.js'

/** RFC 5280 section 4.2.2.1. */
export interface AccessDescription {
  /** Object identifier: one of {@link accessMethods}. */
  readonly method: string
  readonly location: GeneralName
}

export const accessMethods = {
  ocsp: '1.3.6.1.5.5.7.48.1',
  /** Where the certificates of the issuer are. */
  caIssuers: '1.3.6.1.5.5.7.48.2',
} as const

export function readAuthorityInformationAccess(reader: DerReader): readonly AccessDescription[] {
  return reader.sequenceOf((descriptions) => {
    const fields = descriptions.sequence()
    const description = { method: fields.oid(), location: readGeneralName(fields) }
    fields.end()
    return description
  })
}

export function writeAuthorityInformationAccess(descriptions: readonly AccessDescription[]): Buffer {
  return sequence(
    ...descriptions.map(({ method, location }) => sequence(oid(method), writeGeneralName(location))),
  )
}
