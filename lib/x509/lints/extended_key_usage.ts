import type { TbsCertificate } from '../certificate.js'
import { keyPurposes } from '../extensions/extended_key_usage.js'
import type { KeyUsage } from '../extensions/key_usage.js'
import type { Lint } from '../lint.js'
import { isAuthority } from './roles.js'

/** One of them is what the purpose is consistent with. */
const needs: Readonly<Record<string, readonly KeyUsage[]>> = {
  [keyPurposes.serverAuth]: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
  [keyPurposes.clientAuth]: ['digitalSignature', 'keyAgreement'],
  [keyPurposes.codeSigning]: ['digitalSignature'],
  [keyPurposes.emailProtection]: ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'keyAgreement'],
  [keyPurposes.timeStamping]: ['digitalSignature', 'nonRepudiation'],
  [keyPurposes.OCSPSigning]: ['digitalSignature', 'nonRepudiation'],
}

/** An authority has purposes too, for those below it: their usages are none of its own. */
export const extendedKeyUsage: Lint<TbsCertificate> = {
  name: 'extended-key-usage',
  severity: 'error',
  citation: 'RFC 5280 section 4.2.1.12',
  find: (certificate) => {
    const { keyUsage, extKeyUsage = [] } = certificate.extensions
    if (isAuthority(certificate)) return undefined
    const wrong = extKeyUsage.find(
      (purpose) => keyUsage && needs[purpose]?.some((one) => keyUsage.includes(one)) === false,
    )
    return wrong && `the key usage allows nothing that the purpose ${wrong} needs`
  },
}
