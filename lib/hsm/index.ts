export type {
  Encoding,
  ImportedKey,
  KeyIdentity,
  KeyProvider,
  MaterialVault,
  ProviderKey,
} from './provider.js'
export { SoftwareProvider } from './software.js'
export { reservedInfo } from './software_key.js'
