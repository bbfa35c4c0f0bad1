import { generalNameOfDer, nameOf, nameOfDer, parseCertificate } from '../x509/index.js'
import { type AlternativeNames, alternativeNames } from './names.js'
import type { PrepareCertificateInput } from './operations/index.js'

/** The RFC 4514 text of a name that came as DER, or in parts from the root down. @throws MORTISE_X509_INVALID */
export function distinguishedNameText(
  name: Uint8Array | readonly { readonly type: string; readonly value: string }[],
): string {
  return (name instanceof Uint8Array ? nameOfDer(name) : nameOf(name)).text
}

/** Alternative names that came as DER. @throws MORTISE_X509_INVALID, MORTISE_CERTIFICATE_REFUSED for kinds that are not issued */
export function alternativeNamesOfDer(names: readonly Uint8Array[]): AlternativeNames {
  return alternativeNames(names.map(generalNameOfDer))
}

/** What asks for a certificate like another one: of the same key, subject and alternative names. @throws MORTISE_X509_INVALID */
export function askedByCertificate(
  certificate: Uint8Array,
): Required<Pick<PrepareCertificateInput, 'publicKey' | 'subject' | 'names'>> & { readonly issuer: string } {
  const { publicKey, subject, issuer, extensions } = parseCertificate(certificate)
  return {
    publicKey: publicKey.der,
    subject: subject.text,
    names: alternativeNames(extensions.subjectAltName ?? []),
    issuer: issuer.text,
  }
}
