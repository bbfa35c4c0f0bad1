import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'
import { commonName } from '../name/attribute_types.js'
import { nameText } from '../name/general_name.js'
import { isOfServer } from './roles.js'

export const commonNameOfServer: Lint<TbsCertificate> = {
  name: 'common-name-of-server',
  severity: 'warning',
  citation: 'CA/B Baseline Requirements section 7.1.4.3',
  find: (certificate) => {
    if (!isOfServer(certificate)) return undefined
    const names = (certificate.extensions.subjectAltName ?? []).map(nameText)
    const isMissing = certificate.subject.valuesOf(commonName).some((name) => !names.includes(name))
    return isMissing ? 'the common name of a server is none of its alternative names' : undefined
  },
}
