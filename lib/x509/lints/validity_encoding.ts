import { equalBytes } from '../bytes.js'
import type { TbsCertificate } from '../certificate.js'
import { DerReader } from '../der/reader.js'
import type { Lint } from '../lint.js'
import { writeTime } from '../time.js'

export const validityEncoding: Lint<TbsCertificate> = {
  name: 'validity-encoding',
  severity: 'error',
  citation: 'RFC 5280 section 4.1.2.5',
  find: ({ validity, notBefore, notAfter }) => {
    const times = new DerReader(validity).sequence()
    const isRight = [notBefore, notAfter].every((time) => equalBytes(times.element().der, writeTime(time)))
    return isRight ? undefined : 'a time through the year 2049 is not UTCTime'
  },
}
