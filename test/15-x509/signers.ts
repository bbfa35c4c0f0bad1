import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  buildCertificate,
  type Certificate,
  type CertificateExtensionValues,
  nameOfText,
  randomSerialNumber,
  type Signer,
} from '../../lib/x509/index.js'

export interface Keys {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer
  readonly privateKey: KeyObject
  readonly signer: Signer
}

type Scheme = Signer['scheme']

const generators: Readonly<Record<string, () => { publicKey: KeyObject; privateKey: KeyObject }>> = {
  RS: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ES256K: () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  Ed448: () => generateKeyPairSync('ed448'),
}

export const schemes: readonly Scheme[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'ES256K',
  'EdDSA',
  'Ed448',
]

/** A fresh key pair that signs by Node's own crypto. */
export function makeKeys(scheme: Scheme = 'ES256'): Keys {
  const generate = generators[scheme] ?? generators[scheme.slice(0, 2)]
  const { publicKey, privateKey } = generate!()
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }),
    privateKey,
    signer: signerOf(privateKey, scheme),
  }
}

export function signerOf(privateKey: KeyObject, scheme: Scheme): Signer {
  const size = /\d{3}/.exec(scheme)?.[0]
  const hash = scheme.startsWith('Ed') ? null : `sha${size}`
  const padding = scheme.startsWith('PS') && {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  }
  return { scheme, sign: (message) => sign(hash, message, { key: privateKey, ...padding }) }
}

/** A certificate and the keys that stand in it. */
export interface Party {
  readonly certificate: Certificate
  readonly keys: Keys
}

/** Valid for 100 days before and after a time; self-signed where there is nobody above. */
export async function certify(
  subject: string,
  at: Date,
  extensions: CertificateExtensionValues,
  { keys = makeKeys(), by }: { readonly keys?: Keys; readonly by?: Party } = {},
): Promise<Party> {
  const hundredDays = 8_640_000_000
  const name = nameOfText(subject)
  const certificate = await buildCertificate(
    {
      serialNumber: randomSerialNumber(),
      issuer: by?.certificate.subject ?? name,
      notBefore: new Date(at.getTime() - hundredDays),
      notAfter: new Date(at.getTime() + hundredDays),
      subject: name,
      publicKey: keys.publicKey,
      extensions,
    },
    (by?.keys ?? keys).signer,
  )
  return { certificate, keys }
}
