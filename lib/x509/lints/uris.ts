import type { TbsCertificate } from '../certificate.js'
import { type Lint, quoted } from '../lint.js'
import { textsOf } from '../name/general_name.js'

/** A scheme and something behind it, in the characters of RFC 3986 section 2. */
function isAbsolute(uri: string): boolean {
  return /^[a-z][a-z0-9+.-]*:[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/i.test(uri)
}

export const uris: Lint<TbsCertificate> = {
  name: 'uris',
  severity: 'error',
  citation: 'RFC 5280 section 4.2.1.6 (RFC 3986)',
  find: ({ extensions }) => {
    const wrong = textsOf(extensions.subjectAltName, 'uniformResourceIdentifier').find(
      (name) => !isAbsolute(name),
    )
    return wrong === undefined ? undefined : `an alternative name is no absolute URI: ${quoted(wrong)}`
  },
}
