import type { TbsCertificate } from '../certificate.js'
import { type Lint, quoted } from '../lint.js'
import { textsOf } from '../name/general_name.js'
import { mailbox } from '../name/hosts.js'

export const mailboxes: Lint<TbsCertificate> = {
  name: 'mailboxes',
  severity: 'error',
  citation: 'RFC 5280 section 4.2.1.6 (RFC 2821 section 4.1.2)',
  find: ({ extensions }) => {
    const wrong = textsOf(extensions.subjectAltName, 'rfc822Name').find((name) => !mailbox(name))
    return wrong === undefined ? undefined : `an alternative name is no mailbox: ${quoted(wrong)}`
  },
}
