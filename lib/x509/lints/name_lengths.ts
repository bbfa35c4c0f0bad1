import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { attributeTypes, descriptorOf } from '../name/attribute_types.js'

/** In characters. */
const upperBounds = new Map(
  Object.entries({
    CN: 64,
    O: 64,
    OU: 64,
    title: 64,
    serialNumber: 64,
    L: 128,
    ST: 128,
    pseudonym: 128,
    emailAddress: 255,
    SN: 32_768,
    givenName: 32_768,
  }).map(([descriptor, bound]) => [attributeTypes[descriptor] as string, bound]),
)

export const nameLengths: Lint<TbsCertificate> = {
  name: 'name-lengths',
  severity: 'error',
  citation: 'RFC 5280 Appendix A.1',
  find: ({ subject }) => {
    const long = subject.relativeNames
      .flat()
      .find(({ type, text = '' }) => [...text].length > (upperBounds.get(type) ?? Number.POSITIVE_INFINITY))
    return (
      long &&
      `the ${descriptorOf(long.type)} of the subject is longer than ${upperBounds.get(long.type)} characters`
    )
  },
}
