import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'

export const authorityKeyIssuer: Lint<TbsCertificate> = {
  name: 'authority-key-issuer',
  severity: 'warning',
  citation: 'CA/B Baseline Requirements section 7.1.2.11.1',
  find: ({ extensions }) =>
    extensions.authorityKeyIdentifier?.authorityCertIssuer !== undefined
      ? 'the key of the issuer is identified by name and serial number, which a renewal changes'
      : undefined,
}
