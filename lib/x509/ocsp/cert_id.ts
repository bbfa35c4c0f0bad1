import { MortiseError } from '../../errors/index.js'
import { type Hash, native } from '../../native/index.js'
import { readAlgorithmIdentifier } from '../algorithm_identifier.js'
import { equalBytes, hex } from '../bytes.js'
import type { Certificate } from '../certificate.js'
import type { DerReader } from '../der/reader.js'
import { tags } from '../der/tags.js'
import { integer, octetString, oid, sequence, value } from '../der/writer.js'
import { keyBits } from '../public_key.js'

/** CertID (RFC 6960 section 4.1.1): what an OCSP message knows a certificate by. */
export interface CertId {
  readonly der: Uint8Array
  /** Undefined of one that is not known: such a certificate is nobody's. */
  readonly hash: Hash | undefined
  readonly issuerNameHash: Uint8Array
  readonly issuerKeyHash: Uint8Array
  /** Hexadecimal, as {@link Certificate.serialNumber} is. */
  readonly serialNumber: string
}

/** SHA-1 identifies here and proves nothing; most clients use no other. */
const hashes: Readonly<Record<string, Hash>> = {
  '1.3.14.3.2.26': 'SHA-1',
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
}

export function readCertId(reader: DerReader): CertId {
  const { der } = reader.peek()
  const fields = reader.sequence()
  const { algorithm } = readAlgorithmIdentifier(fields)
  const certId = {
    der,
    hash: Object.hasOwn(hashes, algorithm) ? hashes[algorithm] : undefined,
    issuerNameHash: fields.octetString(),
    issuerKeyHash: fields.octetString(),
    serialNumber: hex(fields.integer()),
  }
  fields.end()
  return certId
}

export function writeCertId({ issuer, serialNumber }: OcspCertificate, hash: Hash = 'SHA-1'): Buffer {
  const type = Object.keys(hashes).find((one) => hashes[one] === hash)
  if (type === undefined) throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', `OCSP has no hash ${hash}`)
  return sequence(
    sequence(oid(type), value(tags.null)),
    octetString(native.hash(hash, issuer.subject.der)),
    octetString(native.hash(hash, keyBits(issuer.publicKey.der))),
    integer(Buffer.from(serialNumber, 'hex')),
  )
}

/** A certificate that somebody asks about. */
export interface OcspCertificate {
  readonly issuer: Certificate
  readonly serialNumber: string
}

/** Whether the certificate is one that this authority issued. */
export function isIssuedBy({ hash, issuerNameHash, issuerKeyHash }: CertId, issuer: Certificate): boolean {
  return (
    hash !== undefined &&
    equalBytes(issuerNameHash, native.hash(hash, issuer.subject.der)) &&
    equalBytes(issuerKeyHash, native.hash(hash, keyBits(issuer.publicKey.der)))
  )
}
