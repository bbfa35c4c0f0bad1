export { tokensMeant } from './meant.js'
export { Pkcs11Provider } from './pkcs11.js'
export { TokenConnection, type TokenHealth, type TokenOptions } from './pkcs11_connection.js'
export { tokenKeyOf } from './pkcs11_material.js'
export {
  isKeyAddress,
  type KeyAddress,
  type Pkcs11Uri,
  parseKeyAddress,
  parsePkcs11Uri,
  tokenSelectorOf,
} from './pkcs11_uri.js'
export type {
  EncodedKey,
  Encoding,
  ExistingKey,
  ImportedKey,
  KeyIdentity,
  KeyProvider,
  KeyTraits,
  MaterialVault,
  Oaep,
  ProviderKey,
  ProviderStream,
} from './provider.js'
export { SoftwareProvider } from './software.js'
export { reservedInfo } from './software_key.js'
export { type FindWrapper, type TokenWrapper, wrapperId, wrappersOn } from './token_wrapper.js'
