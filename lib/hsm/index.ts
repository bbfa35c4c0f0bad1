export type {
  Encoding,
  ImportedKey,
  KeyIdentity,
  KeyProvider,
  MaterialVault,
  Oaep,
  ProviderKey,
  ProviderStream,
} from './provider.js'
export { SoftwareProvider } from './software.js'
export { reservedInfo } from './software_key.js'
