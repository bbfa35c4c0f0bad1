import { constructed } from '../der/tags.js'
import { count, nothing, oid, sequence, setOf, value } from '../der/writer.js'
import {
  type CertificateExtensionValues,
  certificateExtensions,
} from '../extensions/certificate_extensions.js'
import { writeExtensions } from '../extensions/extensions.js'
import type { Name } from '../name/name.js'
import { type CertificationRequest, extensionRequest, parseRequest } from '../request.js'
import { type Signer, signed } from './signed.js'

/** What is asked of an authority. */
export interface RequestTemplate {
  readonly subject: Name
  /** SubjectPublicKeyInfo, DER: of the key that signs. */
  readonly publicKey: Uint8Array
  readonly extensions?: CertificateExtensionValues
}

/**
 * Builds a certification request (PKCS#10, RFC 2986) and reads it back, which verifies the signature.
 *
 * @throws MORTISE_X509_INVALID for what cannot be encoded or would not be read, or a signature that is not of the key
 */
export async function buildRequest(template: RequestTemplate, signer: Signer): Promise<CertificationRequest> {
  const extensions = writeExtensions(certificateExtensions, template.extensions ?? {})
  const message = sequence(
    count(0),
    template.subject.der,
    template.publicKey,
    value(
      constructed(0),
      extensions === undefined ? nothing : sequence(oid(extensionRequest), setOf([extensions])),
    ),
  )
  return parseRequest(await signed(message, signer), { policy: 'compatible' })
}
