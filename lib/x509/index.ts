/** X.509 certificates: reading them, and validating paths to trust anchors (RFC 5280). No store, no network. @module */
export { type Certificate, parseCertificate } from './certificate.js'
export type { Profile } from './path/profile.js'
export { validatePath } from './path/search.js'
