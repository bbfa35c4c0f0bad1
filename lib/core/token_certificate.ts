import { hash } from 'node:crypto'
import { certifyingSigner, type TokenKey, tokenKeyLife } from '../keys/index.js'
import { buildCertificate, type Certificate, keyIdentifier, nameOfText } from '../x509/index.js'
import type { Services } from './services.js'

const second = 1000
const subject = 'CN=Mortise access tokens'

/**
 * A certificate by itself of a key that signs access tokens, for those who know keys by certificates. It is kept nowhere: RSASSA-PKCS1-v1_5
 * makes the same one whoever asks.
 *
 * @returns undefined where the key signs no more
 */
export async function tokenCertificate(
  { objects, provider }: Services,
  key: TokenKey,
): Promise<Certificate | undefined> {
  const [privateKey, publicKey] = await Promise.all([
    objects.byId(key.privateKey),
    objects.byId(key.publicKey),
  ])
  if (privateKey?.state !== 'Active' || !publicKey) return undefined
  const spki = await provider(publicKey.provider).open(publicKey).export({ format: 'spki' })
  const name = nameOfText(subject)
  const since = Math.floor(key.since / second) * second
  const template = {
    // Positive, and of one size.
    serialNumber: `4${hash('sha256', spki).slice(0, 31)}`,
    issuer: name,
    notBefore: new Date(since),
    notAfter: new Date(since + tokenKeyLife),
    subject: name,
    publicKey: spki,
    extensions: { keyUsage: ['digitalSignature'] as const, subjectKeyIdentifier: keyIdentifier(spki) },
  }
  return buildCertificate(template, certifyingSigner({ provider }, privateKey))
}

/** `x5t` as WSO2 writes it: base64url, with padding, of the SHA-1 of the certificate as lower-case hexadecimal text. */
export function wso2Thumbprint({ der }: Certificate): string {
  return Buffer.from(hash('sha1', der)).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}
