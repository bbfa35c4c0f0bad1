export type { ImportedKey, KeyIdentity, KeyProvider, MaterialVault, ProviderKey } from './provider.js'
export { SoftwareProvider } from './software.js'
