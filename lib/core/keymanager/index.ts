/** The keys of applications as MOSIP's Keymanager has them, for somebody. @module */
export type { MosipReport } from './import.js'
export { Keymanager, type SigningKey } from './keymanager.js'
export type { KnownAuthority } from './partners.js'
