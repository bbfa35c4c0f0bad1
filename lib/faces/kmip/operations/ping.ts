import type { KmipOperation } from './operation.js'

/** KMIP 2.1 section 6.1.36. */
export const ping: KmipOperation = { name: 'Ping', effect: 'read', run: async () => ({}) }
