import { type Certificate, parseCertificate } from '../certificate.js'
import { constructed } from '../der/tags.js'
import { count, nothing, sequence, value } from '../der/writer.js'
import {
  type CertificateExtensionValues,
  certificateExtensions,
} from '../extensions/certificate_extensions.js'
import { writeExtensions } from '../extensions/extensions.js'
import type { Name } from '../name/name.js'
import { signatureIdentifier } from '../signature.js'
import { writeTime } from '../time.js'
import { writeSerialNumber } from './serial_number.js'
import { type Signer, signed } from './signed.js'

/** What a certificate is to say (RFC 5280 section 4.1.2). */
export interface CertificateTemplate {
  /** Hexadecimal, from {@link randomSerialNumber}. */
  readonly serialNumber: string
  /** The subject of the authority's certificate, whose bytes it takes over. */
  readonly issuer: Name
  /** Both inclusive, in whole seconds. */
  readonly notBefore: Date
  readonly notAfter: Date
  readonly subject: Name
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  /** As critical as RFC 5280 wants them; the alternative names where there is no subject. */
  readonly extensions: CertificateExtensionValues
}

/**
 * Builds a certificate of version 3 and reads it back. What it says is encoded as it is: whether it should be said, lints tell.
 * `signer.sign` gets TBSCertificate, which {@link parseTbsCertificate} reads, and may refuse it by throwing.
 *
 * @throws MORTISE_X509_INVALID for what cannot be encoded, or would not be read
 */
export async function buildCertificate(template: CertificateTemplate, signer: Signer): Promise<Certificate> {
  return signTbsCertificate(writeTbsCertificate(template, signer), signer)
}

/**
 * Signs what was built before, as it is, and reads it back.
 *
 * @param message TBSCertificate with the scheme of the signer in it
 * @throws MORTISE_X509_INVALID
 */
export async function signTbsCertificate(message: Buffer, signer: Signer): Promise<Certificate> {
  return parseCertificate(await signed(message, signer))
}

function writeTbsCertificate(template: CertificateTemplate, { scheme }: Signer): Buffer {
  const { subject, extensions } = template
  const { critical = [] } = extensions
  const written = writeExtensions(certificateExtensions, {
    ...extensions,
    critical: subject.isEmpty ? [...critical, 'subjectAltName'] : critical,
  })
  return sequence(
    value(constructed(0), count(2)),
    writeSerialNumber(template.serialNumber),
    signatureIdentifier(scheme),
    template.issuer.der,
    sequence(writeTime(template.notBefore), writeTime(template.notAfter)),
    subject.der,
    template.publicKey,
    written === undefined ? nothing : value(constructed(3), written),
  )
}
