import { activate } from './activate.js'
import { addAttribute } from './add_attribute.js'
import { adjustAttribute } from './adjust_attribute.js'
import { archive } from './archive.js'
import { cancel } from './cancel.js'
import { certify } from './certify.js'
import { check } from './check.js'
import { create } from './create.js'
import { createKeyPair } from './create_key_pair.js'
import { createSplitKey } from './create_split_key.js'
import { decrypt } from './decrypt.js'
import { delegatedLogin } from './delegated_login.js'
import { deleteAttribute } from './delete_attribute.js'
import { deriveKey } from './derive_key.js'
import { destroy } from './destroy.js'
import { discoverVersions } from './discover_versions.js'
import { encrypt } from './encrypt.js'
import { exportObject } from './export.js'
import { get } from './get.js'
import { getAttributeList } from './get_attribute_list.js'
import { getAttributes } from './get_attributes.js'
import { getConstraints } from './get_constraints.js'
import { getUsageAllocation } from './get_usage_allocation.js'
import { hash } from './hash.js'
import { importObject } from './import.js'
import { interop } from './interop.js'
import { joinSplitKey } from './join_split_key.js'
import { locate } from './locate.js'
import { log } from './log.js'
import { login } from './login.js'
import { logout } from './logout.js'
import { mac } from './mac.js'
import { macVerify } from './mac_verify.js'
import { modifyAttribute } from './modify_attribute.js'
import { obtainLease } from './obtain_lease.js'
import type { KmipOperation } from './operation.js'
import { ping } from './ping.js'
import { pkcs11 } from './pkcs11.js'
import { poll } from './poll.js'
import { process } from './process.js'
import { query } from './query.js'
import { queryAsynchronousRequests } from './query_asynchronous_requests.js'
import { reProvision } from './re_provision.js'
import { recertify } from './recertify.js'
import { recover } from './recover.js'
import { register } from './register.js'
import { rekey } from './rekey.js'
import { rekeyKeyPair } from './rekey_key_pair.js'
import { revoke } from './revoke.js'
import { rngRetrieve } from './rng_retrieve.js'
import { rngSeed } from './rng_seed.js'
import { setAttribute } from './set_attribute.js'
import { setConstraints, setDefaults } from './set_defaults.js'
import { setEndpointRole } from './set_endpoint_role.js'
import { sign } from './sign.js'
import { signatureVerify } from './signature_verify.js'
import { validate } from './validate.js'

export {
  type Answer,
  type Batch,
  type Issuing,
  type KmipOperation,
  ownerOf,
  type Polled,
  type Request,
} from './operation.js'

/** Every operation that is served, by its name in the table of operations. */
export const operations: ReadonlyMap<string, KmipOperation> = new Map(
  [
    activate,
    addAttribute,
    adjustAttribute,
    archive,
    cancel,
    certify,
    check,
    create,
    createKeyPair,
    createSplitKey,
    decrypt,
    delegatedLogin,
    deleteAttribute,
    deriveKey,
    destroy,
    discoverVersions,
    encrypt,
    exportObject,
    get,
    getAttributeList,
    getAttributes,
    getConstraints,
    getUsageAllocation,
    hash,
    importObject,
    interop,
    joinSplitKey,
    locate,
    log,
    login,
    logout,
    mac,
    macVerify,
    modifyAttribute,
    obtainLease,
    ping,
    pkcs11,
    poll,
    process,
    query(() => operations.keys()),
    queryAsynchronousRequests,
    reProvision,
    recertify,
    recover,
    register,
    rekey,
    rekeyKeyPair,
    revoke,
    rngRetrieve,
    rngSeed,
    setAttribute,
    setConstraints,
    setDefaults,
    setEndpointRole,
    sign,
    signatureVerify,
    validate,
  ].map((operation) => [operation.name, operation]),
)
