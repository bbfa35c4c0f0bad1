import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'

/** Digits of 8 bytes. */
const smallest = 16

export const serialEntropy: Lint<TbsCertificate> = {
  name: 'serial-entropy',
  severity: 'error',
  citation: 'CA/B Baseline Requirements section 7.1',
  find: ({ serialNumber }) =>
    serialNumber.length < smallest ? 'the serial number cannot have 64 random bits' : undefined,
}
