export { type CreateAuthorityInput, createAuthority } from './create_authority.js'
export { createCrl, crlDue } from './create_crl.js'
export { type CreatePairInput, createPair, type PairFormat, pairFormats } from './create_pair.js'
export { type CreatedRequest, type CreateRequestInput, createRequest } from './create_request.js'
export { deleteAuthority } from './delete_authority.js'
export {
  type CertificatePage,
  type FindCertificatesInput,
  findCertificates,
  getCertificate,
  type ListCertificatesInput,
  listCertificates,
} from './find_certificates.js'
export { certificateReasonOf, findIssued } from './find_issued.js'
export { getAuthority } from './get_authority.js'
export { type GetCrlInput, getCrl } from './get_crl.js'
export { type InstallCertificateInput, installCertificate } from './install_certificate.js'
export {
  type IssueCertificateInput,
  type IssuedCertificate,
  intendCertificate,
  signCertificate,
} from './issue_certificate.js'
export { type AuthorityPage, type ListAuthoritiesInput, listAuthorities } from './list_authorities.js'
export { ocspSignerDue, openOcspSigner, renewOcspSigner } from './ocsp_signer.js'
export {
  type PrepareCertificateInput,
  type PreparedToken,
  prepareCertificate,
} from './prepare_certificate.js'
export {
  deleteCertificateProfile,
  listCertificateProfiles,
  type SetCertificateProfileInput,
  setCertificateProfile,
} from './profiles.js'
export { type RegisterAuthorityInput, registerAuthority } from './register_authority.js'
export { type RenewAuthorityInput, renewAuthority } from './renew_authority.js'
export { replaceCertificate } from './replace_certificate.js'
export {
  deleteCertificate,
  type RevokeCertificateInput,
  resumeCertificate,
  revokeCertificate,
} from './revoke_certificate.js'
export { type SelfSignInput, selfSign } from './self_sign.js'
export { type SetAuthorityInput, setAuthority } from './set_authority.js'
export {
  type CertificateChainValidity,
  type ValidateCertificatesInput,
  validateCertificates,
} from './validate_certificates.js'
