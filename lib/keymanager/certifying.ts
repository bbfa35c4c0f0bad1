import { certifyingSigner } from '../keys/index.js'
import type { ManagedObject } from '../operation/index.js'
import {
  buildCertificate,
  type Certificate,
  type CertificateTemplate,
  type KeyUsage,
  keyIdentifier,
  type Name,
  randomSerialNumber,
} from '../x509/index.js'
import { type KeyName, layerOf } from './key_names.js'
import type { KeymanagerServices } from './services.js'

const day = 86_400_000
const second = 1000

/** Whoever certifies: itself, of ROOT. */
export interface Certifier {
  readonly privateKey: ManagedObject
  /** Undefined of ROOT, which has none yet. */
  readonly certificate: Certificate | undefined
}

interface Certified {
  readonly extensions: CertificateTemplate['extensions']
  readonly subject: Name
  /** SPKI, DER. */
  readonly publicKey: Uint8Array
  readonly days: number
}

/** A certificate by a key of the hierarchy, from now on. */
export function certify(
  services: KeymanagerServices,
  { extensions, subject, publicKey, days }: Certified,
  { privateKey, certificate }: Certifier,
): Promise<Certificate> {
  const now = Math.floor(services.clock.now() / second) * second
  const identifier = certificate?.extensions.subjectKeyIdentifier
  const template: CertificateTemplate = {
    serialNumber: randomSerialNumber(),
    issuer: certificate?.subject ?? subject,
    notBefore: new Date(now),
    notAfter: new Date(now + days * day),
    subject,
    publicKey,
    extensions: {
      ...extensions,
      subjectKeyIdentifier: keyIdentifier(publicKey),
      authorityKeyIdentifier: {
        keyIdentifier: identifier ?? keyIdentifier(certificate?.publicKey.der ?? publicKey),
      },
    },
  }
  return buildCertificate(template, certifyingSigner(services, privateKey))
}

/** What the certificate of a key of the hierarchy says that it is for. */
export function extensionsOf(name: KeyName) {
  const layer = layerOf(name)
  const certifies = layer === 'root' || layer === 'module'
  const keyUsage: readonly KeyUsage[] = certifies
    ? ['digitalSignature', 'keyCertSign']
    : layer === 'base'
      ? ['digitalSignature', 'keyEncipherment']
      : ['digitalSignature']
  return { keyUsage, ...(certifies && { basicConstraints: { cA: true } }) }
}
