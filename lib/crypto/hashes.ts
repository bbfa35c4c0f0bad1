import type { Hash } from '../native/index.js'
import type { Judged } from './policy.js'

/** FIPS 180-4 and FIPS 202. SHA-1 ends in 2030 (SP 800-131A revision 3, draft); nobody should begin with it now. */
export const hashes = {
  'SHA-256': { name: 'SHA-256', standing: 'approved' },
  'SHA-384': { name: 'SHA-384', standing: 'approved' },
  'SHA-512': { name: 'SHA-512', standing: 'approved' },
  'SHA-512/256': { name: 'SHA-512/256', standing: 'approved' },
  'SHA-224': { name: 'SHA-224', standing: 'approved' },
  'SHA3-224': { name: 'SHA3-224', standing: 'approved' },
  'SHA3-256': { name: 'SHA3-256', standing: 'approved' },
  'SHA3-384': { name: 'SHA3-384', standing: 'approved' },
  'SHA3-512': { name: 'SHA3-512', standing: 'approved' },
  'SHA-1': { name: 'SHA-1', standing: 'compatible' },
} as const satisfies Record<Hash, Judged>

export const hashNames = Object.keys(hashes) as Hash[]
