/** Certificate authorities: their keys and certificates, issuing in two steps, revocation and CRLs. @module */
export { alternativeNamesOfDer, askedByCertificate, distinguishedNameText } from './asked_names.js'
export type {
  AuthorityKey,
  AuthorityKind,
  AuthorityState,
  AuthorityTrust,
  IssuingSettings,
} from './authorities.js'
export type { CertificateObjectInput } from './certificate_objects.js'
export {
  type CertificateRecord,
  type CertificateState,
  certificateStates,
  serialText,
  standingOf,
} from './certificates.js'
export type { CrlPart } from './crls.js'
export {
  type AuthorityInfo,
  authorityInfo,
  type CertificateInfo,
  type CrlInfo,
  crlInfo,
  type Fingerprints,
} from './info.js'
export { issuedHere } from './issued_here.js'
export type { OcspAnswer } from './kept_answers.js'
export { type AlternativeNames, type NameKind, nameKinds } from './names.js'
export * from './operations/index.js'
export type { CertificateProfile } from './profile.js'
export type { ProfileFields } from './profiles.js'
export { type CertificateReason, certificateReasons } from './revocation.js'
export { type CaServices, forgetOfCa, openCa } from './services.js'
export { boundsOf, type NameConstraintInput } from './template.js'
