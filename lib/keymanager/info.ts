import type { Certificate } from '../x509/index.js'
import type { KeyName } from './key_names.js'
import { type KeyVersion, keyIdOf } from './rings.js'

/** What may be told of a key of an application. */
export interface KeyInfo extends KeyName {
  /** Ids of its objects; of somebody else's key there is no private one. */
  readonly privateKey: string | null
  readonly publicKey: string
  readonly certificate: string
  /** What the `kid` of its signatures says. */
  readonly keyId: string
  readonly x509: Certificate
}

export function keyInfo(
  { application, reference }: KeyName,
  {
    privateKey,
    publicKey,
    certificate,
    importedId,
    x509,
  }: Pick<KeyVersion, 'privateKey' | 'publicKey' | 'certificate' | 'importedId' | 'x509'>,
): KeyInfo {
  const keyId = importedId ?? keyIdOf(x509)
  return { application, reference, privateKey, publicKey, certificate, keyId, x509 }
}
