import { constructed } from '../der/tags.js'
import { count, oid, sequence, setOf, value } from '../der/writer.js'

const data = '1.2.840.113549.1.7.1'
const signedData = '1.2.840.113549.1.7.2'

/** Certificates alone as PKCS#7 (RFC 5652 section 5.1, `certs-only` of RFC 5751): DER, in the order in which they are given. */
export function buildCertificateBundle(certificates: readonly Uint8Array[]): Buffer {
  const content = sequence(
    count(1),
    setOf([]),
    sequence(oid(data)),
    value(constructed(0), Buffer.concat(certificates)),
    setOf([]),
  )
  return sequence(oid(signedData), value(constructed(0), content))
}
