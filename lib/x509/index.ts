/**
 * X.509 (RFC 5280): reading and building certificates, certification requests, CRLs and OCSP messages, checking keys,
 * linting what is to be issued, and validating paths to trust anchors. No store, no network, no private keys. @module
 */
export { buildCertificateBundle } from './builders/bundle.js'
export { buildCertificate, type CertificateTemplate, signTbsCertificate } from './builders/certificate.js'
export { buildCrl, type RevokedCertificate } from './builders/crl.js'
export { buildRequest } from './builders/request.js'
export { randomSerialNumber } from './builders/serial_number.js'
export type { Signer } from './builders/signed.js'
export { certificateBlocks, parseCertificateBundle } from './bundle.js'
export {
  type Certificate,
  parseCertificate,
  parseTbsCertificate,
} from './certificate.js'
export { alternativeNamesOf, generalNameOfDer, nameOfDer } from './encoded_names.js'
export type { CertificateExtensionValues } from './extensions/certificate_extensions.js'
export type { CrlExtensionValues } from './extensions/crl_extensions.js'
export { keyPurposes } from './extensions/extended_key_usage.js'
export { type KeyUsage, keyUsages } from './extensions/key_usage.js'
export { accessMethods } from './extensions/locations.js'
export { practiceStatement } from './extensions/policies.js'
export { type RevocationReason, revocationReasons } from './extensions/reasons.js'
export { ipBytes, ipText } from './ip.js'
export { keyFindings } from './key_checks/all.js'
export { keyIdentifier } from './key_identifier.js'
export { lintCertificate } from './lints/all.js'
export { descriptorOf } from './name/attribute_types.js'
export { keysOfText, nameOfText } from './name/from_text.js'
export type { GeneralName } from './name/general_name.js'
export { isHost, mailbox } from './name/hosts.js'
export type { Name } from './name/name.js'
export { nameOf, nameOfRelativeNames } from './name/write.js'
export {
  buildOcspError,
  buildOcspResponse,
  type CertificateStatus,
  type OcspResponseTemplate,
} from './ocsp/build_response.js'
export { type CertId, isIssuedBy } from './ocsp/cert_id.js'
export { buildOcspRequest, type OcspRequest, parseOcspRequest } from './ocsp/request.js'
export { parseOcspResponse } from './ocsp/response.js'
export { type OcspStatusOptions, ocspStatus } from './ocsp/verify.js'
export type { Profile } from './path/profile.js'
export { validatePath } from './path/search.js'
export { type PublicKeyInfo, parsePublicKey } from './public_key.js'
export { type CertificationRequest, parseRequest } from './request.js'
export { type Crl, parseCrl } from './revocation/crl.js'
export type { RevocationOptions } from './revocation/options.js'
export { revocationIndex } from './revocation/revocation_index.js'
export { signatureAlgorithm } from './signature.js'
