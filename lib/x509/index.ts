/** X.509 certificates: reading them, and validating paths to trust anchors (RFC 5280). No store, no network. @module */
export { type Certificate, parseCertificate } from './certificate.js'
export { keysOfText } from './name/from_text.js'
export { isHost, mailbox } from './name/hosts.js'
export type { Name } from './name/name.js'
export type { Profile } from './path/profile.js'
export { validatePath } from './path/search.js'
