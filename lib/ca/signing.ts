import { type Judged, judgedScheme, signatureScheme } from '../crypto/index.js'
import type { SignatureScheme } from '../native/index.js'
import type { ManagedObject } from '../operation/index.js'
import type { Signer } from '../x509/index.js'
import type { CaServices } from './services.js'

/** What an authority signs with: of RSA PKCS#1 v1.5, which every client verifies. */
export function schemeOf({
  algorithm,
  values,
}: Pick<ManagedObject, 'algorithm' | 'values'>): SignatureScheme {
  return signatureScheme(algorithm, values.curve, algorithm === 'RSA' ? 'RS256' : undefined)
}

export function judgedSignature(object: Pick<ManagedObject, 'algorithm' | 'values'>): Judged {
  return judgedScheme(schemeOf(object))
}

/** Signs with the private key of an authority, wherever that is. */
export function signerOf({ provider }: Pick<CaServices, 'provider'>, object: ManagedObject): Signer {
  const scheme = schemeOf(object)
  return {
    scheme,
    sign: (message) =>
      provider(object.provider).open(object).sign(scheme, message, { digested: false, encoding: 'der' }),
  }
}
