export { type ActivateInput, activate } from './activate.js'
export { type AddAttributeInput, addAttribute } from './add_attribute.js'
export { type AdoptInput, adopt } from './adopt.js'
export { type ArchiveInput, archive } from './archive.js'
export { type CancelActivationInput, cancelActivation } from './cancel_activation.js'
export { type CancelRevocationInput, cancelRevocation } from './cancel_revocation.js'
export { type CheckInput, check } from './check.js'
export { type CreateInput, create } from './create.js'
export { type CreateKeyPairInput, createKeyPair, type KeyPairInfo } from './create_key_pair.js'
export { type DecryptInput, decrypt } from './decrypt.js'
export { type DecryptDataKeyInput, type DecryptedDataKey, decryptDataKey } from './decrypt_data_key.js'
export { type DeleteAttributeInput, deleteAttribute } from './delete_attribute.js'
export { type DeriveKeyInput, deriveKey } from './derive_key.js'
export { type DeriveKeysInput, deriveKeys } from './derive_keys.js'
export { cancelDestroy, type DestroyInput, destroy, destroyDue, isDestroyDelay } from './destroy.js'
export {
  type CipherFormat,
  cipherFormats,
  type EncryptAnswer,
  type EncryptInput,
  encrypt,
} from './encrypt.js'
export { type ExportedKey, type ExportedObject, type ExportInput, exportKey } from './export.js'
export {
  type GenerateDataKeyInput,
  type GeneratedDataKey,
  generateDataKey,
} from './generate_data_key.js'
export { type GetInput, get } from './get.js'
export {
  type AttributeListAnswer,
  type GetAttributeListInput,
  getAttributeList,
} from './get_attribute_list.js'
export { type AttributesAnswer, type GetAttributesInput, getAttributes } from './get_attributes.js'
export {
  type GetUsageAllocationInput,
  getUsageAllocation,
  type UsageAllocation,
} from './get_usage_allocation.js'
export { type HashInput, hash } from './hash.js'
export { type HashBatchInput, hashBatch } from './hash_batch.js'
export { type JoinSplitKeyInput, joinSplitKey } from './join_split_key.js'
export { type JobInfo, type JobPage, type ListJobsInput, listJobs } from './list_jobs.js'
export {
  type DateRange,
  type LocateAnswer,
  type LocatedObject,
  type LocateFilter,
  type LocateInput,
  locate,
} from './locate.js'
export { type LogInput, log } from './log.js'
export { type MacInput, mac } from './mac.js'
export { type MacVerifyInput, macVerify } from './mac_verify.js'
export { type ModifyAttributeInput, modifyAttribute } from './modify_attribute.js'
export { type ObtainedLease, type ObtainLeaseInput, obtainLease } from './obtain_lease.js'
export { type CipherPurpose, type OpenCipherInput, openCipher } from './open_cipher.js'
export { type MacPurpose, type OpenMacInput, openMac } from './open_mac.js'
export { type OpenedSigner, type OpenSignerInput, openSigner } from './open_signer.js'
export { type OpenedVerifier, type OpenVerifierInput, openVerifier } from './open_verifier.js'
export { type RandomInput, random } from './random.js'
export { type RecoverInput, recover } from './recover.js'
export { type RegisterInput, register } from './register.js'
export { type RegisterElsewhereInput, registerElsewhere } from './register_elsewhere.js'
export { dataTypes, type RegisterObjectInput, registerObject } from './register_object.js'
export { type RegisterShareInput, registerShare } from './register_share.js'
export { type RekeyAnswer, type RekeyInput, rekey } from './rekey.js'
export { type RenewedTokenKey, type RenewTokenKeyInput, renewTokenKey } from './renew_token_key.js'
export { type RevocationReason, type RevokeInput, revocationReasons, revoke } from './revoke.js'
export { type RewrapDataKeyInput, rewrapDataKey } from './rewrap_data_key.js'
export {
  getRotation,
  type RotationAnswer,
  removeRotation,
  rotateDue,
  type SetRotationInput,
  setRotation,
} from './rotation.js'
export { type SetAttributeInput, setAttribute } from './set_attribute.js'
export { type SignAnswer, type SignInput, sign } from './sign.js'
export { type CreateSplitKeyInput, createSplitKey } from './split_key.js'
export { type VerifyInput, verify } from './verify.js'
export type { Wrapping } from './wrapping.js'
