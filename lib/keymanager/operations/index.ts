export { type KeymanagerArgon2Input, keymanagerArgon2 } from './argon2.js'
export {
  type CertifiedPartner,
  type CertifyKeymanagerPartnerInput,
  certifyKeymanagerPartner,
} from './certify_partner.js'
export {
  type KeymanagerEncryptToClientInput,
  type KeymanagerVerifyClientInput,
  keymanagerEncryptToClient,
  keymanagerVerifyClient,
} from './client_crypto.js'
export { type CreateKeymanagerKeyInput, createKeymanagerKey } from './create_key.js'
export { type CreateKeymanagerRequestInput, createKeymanagerRequest } from './create_request.js'
export { createKeymanagerRoot } from './create_root.js'
export { type CreateKeymanagerSecretInput, createKeymanagerSecret } from './create_secret.js'
export { type EnvelopeFault, type KeymanagerDecryptInput, keymanagerDecrypt } from './decrypt.js'
export { type KeymanagerEncryptInput, keymanagerEncrypt } from './encrypt.js'
export { type GetKeymanagerKeysInput, getKeymanagerKeys } from './get_keys.js'
export {
  type GetKeymanagerPartnerInput,
  getKeymanagerPartner,
  type KeymanagerPartner,
} from './get_partner.js'
export { type ImportKeymanagerKeysInput, importKeymanagerKeys } from './import_keys.js'
export {
  type InstallKeymanagerCertificateInput,
  installKeymanagerCertificate,
} from './install_certificate.js'
export {
  type KeymanagerJweInput,
  type KeymanagerJweToInput,
  type KeymanagerOpenJweInput,
  keymanagerDecryptJwe,
  keymanagerEncryptJwe,
  keymanagerEncryptJweTo,
} from './jwe.js'
export {
  type CreateKeymanagerLicenseInput,
  createKeymanagerLicense,
  type ExtendKeymanagerLicenseInput,
  extendKeymanagerLicense,
  type GetKeymanagerLicenseInput,
  getKeymanagerLicense,
} from './license.js'
export { type ListKeymanagerAuthoritiesInput, listKeymanagerAuthorities } from './list_authorities.js'
export { type MigrateKeymanagerKeyInput, migrateKeymanagerKey } from './migrate_key.js'
export { type KeymanagerPinInput, keymanagerDecryptWithPin, keymanagerEncryptWithPin } from './pin.js'
export {
  type CreateKeymanagerRandomKeyInput,
  createKeymanagerRandomKey,
  type ImportKeymanagerRandomKeysInput,
  importKeymanagerRandomKeys,
  type RandomKeyImport,
  type ReencryptKeymanagerRandomKeyInput,
  reencryptKeymanagerRandomKey,
} from './random_key.js'
export {
  type RegisterKeymanagerCertificateInput,
  registerKeymanagerCertificate,
} from './register_certificate.js'
export { type RenewKeymanagerKeyInput, renewKeymanagerKey } from './renew_key.js'
export { type SetKeymanagerPolicyInput, setKeymanagerPolicy } from './set_policy.js'
export { type KeymanagerSignInput, keymanagerSign } from './sign.js'
export { type KeymanagerTokenIdInput, keymanagerTokenId, type TokenSalts } from './token_id.js'
export {
  type TrustedKeymanagerAuthorities,
  type TrustKeymanagerAuthoritiesInput,
  trustKeymanagerAuthorities,
} from './trust_authorities.js'
export { type ValidateKeymanagerPartnerInput, validateKeymanagerPartner } from './validate_partner.js'
export { type KeymanagerVerifyInput, keymanagerVerify } from './verify.js'
export { type KeymanagerVerifyWithInput, keymanagerVerifyWith } from './verify_with.js'
export {
  type KeymanagerZkDecryptInput,
  type KeymanagerZkEncryptInput,
  keymanagerZkDecrypt,
  keymanagerZkEncrypt,
  type ZeroKnowledgeAnswer,
  type ZeroKnowledgeAttribute,
} from './zero_knowledge.js'
