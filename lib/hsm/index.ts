export type { Encoding, ImportedKey, KeyIdentity, KeyProvider, MaterialVault } from './provider.js'
export { SoftwareProvider } from './software.js'
export { reservedInfo } from './software_key.js'
