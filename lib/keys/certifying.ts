import { type Judged, judgedScheme, signatureScheme } from '../crypto/index.js'
import type { SignatureScheme } from '../native/index.js'
import type { ManagedObject } from '../operation/index.js'
import type { Signer } from '../x509/index.js'
import type { KeyServices } from './services.js'

/** What certificates are signed with: of RSA PKCS#1 v1.5, which every client verifies. */
export function certifyingScheme({
  algorithm,
  values,
}: Pick<ManagedObject, 'algorithm' | 'values'>): SignatureScheme {
  return signatureScheme(algorithm, values.curve, algorithm === 'RSA' ? 'RS256' : undefined)
}

export function judgedCertifying(object: Pick<ManagedObject, 'algorithm' | 'values'>): Judged {
  return judgedScheme(certifyingScheme(object))
}

/** Signs certificates, and what is about them, with a private key, wherever that is. */
export function certifyingSigner({ provider }: Pick<KeyServices, 'provider'>, object: ManagedObject): Signer {
  const scheme = certifyingScheme(object)
  return {
    scheme,
    sign: (message) =>
      provider(object.provider).open(object).sign(scheme, message, { digested: false, encoding: 'der' }),
  }
}
