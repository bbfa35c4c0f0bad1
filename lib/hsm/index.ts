export type { KeyIdentity, KeyProvider, MaterialVault } from './provider.js'
export { SoftwareProvider } from './software.js'
