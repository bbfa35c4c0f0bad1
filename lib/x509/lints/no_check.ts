import type { TbsCertificate } from '../certificate.js'
import { keyPurposes } from '../extensions/extended_key_usage.js'
import type { Lint } from '../lint.js'

export const noCheck: Lint<TbsCertificate> = {
  name: 'no-check',
  severity: 'warning',
  citation: 'RFC 6960 section 4.2.2.2.1',
  find: ({ extensions }) =>
    extensions.ocspNoCheck === true && extensions.extKeyUsage?.includes(keyPurposes.OCSPSigning) !== true
      ? 'revocation is not to be checked of what is no OCSP responder'
      : undefined,
}
