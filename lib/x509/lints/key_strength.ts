import type { TbsCertificate } from '../certificate.js'
import { keyFindings } from '../key_checks/all.js'
import type { Lint } from '../lint.js'

export const keyStrength: Lint<TbsCertificate> = {
  name: 'key-strength',
  severity: 'error',
  citation: 'CA/B Baseline Requirements sections 6.1.1.3, 6.1.5 and 6.1.6',
  find: ({ publicKey }) => keyFindings(publicKey)[0]?.text,
}
