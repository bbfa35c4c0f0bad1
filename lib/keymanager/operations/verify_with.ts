import { admit, judgedKey, judgedScheme } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import { checkSize } from '../../keys/index.js'
import { native, type SignatureScheme } from '../../native/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { parseCertificate } from '../../x509/index.js'
import type { KeymanagerServices } from '../services.js'
import { usualScheme } from './sign.js'

export interface KeymanagerVerifyWithInput {
  /** PEM or DER. */
  readonly certificate: string | Uint8Array
  readonly data: Uint8Array
  readonly signature: Uint8Array
  readonly scheme: SignatureScheme
}

/**
 * Whether a signature is of the key of a certificate that is valid by its dates; whether to trust it, whoever gives it knows.
 *
 * @throws MORTISE_KEYMANAGER_CERTIFICATE, MORTISE_X509_INVALID
 */
export const keymanagerVerifyWith: SystemOperation<KeymanagerServices, KeymanagerVerifyWithInput, boolean> = {
  name: 'KeymanagerVerifyWith',
  permission: 'Query',
  durability: 'written',
  async prepare({ policy, clock }, _actor, { certificate: pem, data, signature, scheme: asked }) {
    checkSize(data)
    const certificate = parseCertificate(pem)
    requireValid(certificate, clock.now())
    const key = native.importPublic(certificate.publicKey.der)
    try {
      const scheme = usualScheme(key.type, key.curve, asked)
      const mark = admit(policy, 'process', judgedKey(key.type, key.length, key.curve), judgedScheme(scheme))
      const valid = native.verify(key, scheme, data, signature, { digested: false, encoding: 'p1363' })
      return { answer: valid, detail: { scheme, valid, serial: certificate.serialNumber, ...mark } }
    } finally {
      key.dispose()
    }
  },
}

/** @throws MORTISE_KEYMANAGER_CERTIFICATE */
export function requireValid(
  { notBefore, notAfter }: { readonly notBefore: Date; readonly notAfter: Date },
  now: number,
): void {
  if (notBefore.getTime() <= now && now <= notAfter.getTime()) return
  throw new MortiseError('MORTISE_KEYMANAGER_CERTIFICATE', 'the certificate is not valid now', {
    details: { fault: 'dates' },
  })
}
