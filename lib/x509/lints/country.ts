import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { attributeTypes } from '../name/attribute_types.js'

export const country: Lint<TbsCertificate> = {
  name: 'country',
  severity: 'error',
  citation: 'RFC 5280 Appendix A.1 (X520countryName)',
  find: ({ subject }) => {
    const wrong = subject.valuesOf(attributeTypes['C']).find((country) => !/^[A-Z]{2}$/.test(country))
    return wrong === undefined
      ? undefined
      : 'the country of the subject is not two capital letters (ISO 3166-1)'
  },
}
