import { importKey } from '../import_key.js'
import type { Lint } from '../lint.js'
import type { PublicKeyInfo } from '../public_key.js'

/** What the native core demands of every key: a point on its curve, of no small order, in its one encoding; an odd modulus. */
export const sound: Lint<PublicKeyInfo> = {
  name: 'sound',
  severity: 'error',
  citation: 'SP 800-56A revision 3 section 5.6.2.3; RFC 8032 sections 5.1.3 and 5.2.3',
  find: ({ der }) => {
    const key = importKey(der)
    return typeof key === 'string' ? key : undefined
  },
}
