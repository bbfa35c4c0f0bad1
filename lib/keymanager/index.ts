/** The keys of applications as MOSIP has them: a hierarchy of managed objects with certificates, and what is done with them. @module */
export { type ClientKind, clientKinds } from './client_key.js'
export { type EnvelopeOptions, parseEnvelope } from './envelope.js'
export type { ImportedVersion } from './importing.js'
export { type KeyInfo, keyInfo } from './info.js'
export { type KeymanagerJweOptions, parseJwe } from './jwe.js'
export { checkKeyName, type KeyName, layerOf, objectName, parentOf, rootName } from './key_names.js'
export { type NotMoved, readMosipKeys } from './moving/mosip_keys.js'
export * from './operations/index.js'
export type { KeymanagerPolicy } from './policies.js'
export { cacheName, randomKeyCount } from './random_keys.js'
export { currentVersion, isMadeHere, type KeyRing, type KeyVersion } from './rings.js'
export { forgetOfKeymanager, type KeymanagerServices, openKeymanager } from './services.js'
export type { SubjectInput } from './subject.js'
export {
  partnerCertifier,
  type TrustDomain,
  type TrustedAuthority,
  trustDomain,
  trusted,
} from './trust_store.js'
