import type { TbsCertificate } from '../certificate.js'
import type { Lint } from '../lint.js'

export const serialNumber: Lint<TbsCertificate> = {
  name: 'serial-number',
  severity: 'error',
  citation: 'RFC 5280 section 4.1.2.2',
  find: ({ serialNumber }) =>
    /^(?!00$)[0-7].{1,39}$/.test(serialNumber)
      ? undefined
      : 'the serial number is not positive, or is longer than 20 bytes',
}
