import { byteString, dateTime, structure, text } from '../fields.js'
import { enumeration, Tag } from '../tables/index.js'
import type { KmipOperation } from './operation.js'

const ValidityIndicator = enumeration('ValidityIndicator')
const indicators = {
  valid: ValidityIndicator.Valid,
  invalid: ValidityIndicator.Invalid,
  unknown: ValidityIndicator.Unknown,
}

/** KMIP 2.1 section 6.1.57: certificates of the request, and ones that are here, are one chain. */
export const validate: KmipOperation = {
  name: 'Validate',
  effect: 'read',
  async run({ payload, session }) {
    const certificates = payload
      .all(Tag.Certificate, structure)
      .map((certificate) => certificate.required(Tag.CertificateValue, byteString))
    const date = payload.optional(Tag.ValidityDate, dateTime)
    const { validity } = await session.validateCertificates({
      certificates,
      objects: payload.all(Tag.UniqueIdentifier, text),
      ...(date !== undefined && { at: Number(date) * 1000 }),
    })
    return { write: (writer) => writer.enumeration(Tag.ValidityIndicator, indicators[validity]) }
  },
}
