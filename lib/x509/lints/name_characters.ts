import type { TbsCertificate } from '../certificate.js'
import { type Lint, quoted } from '../lint.js'

/** Who reads a name up to the NUL in it takes it for another one. */
export const nameCharacters: Lint<TbsCertificate> = {
  name: 'name-characters',
  severity: 'error',
  citation: 'CVE-2009-2408; RFC 5280 Appendix A.1 (upper bounds)',
  find: ({ subject }) => {
    const wrong = subject.relativeNames.flat().find(({ text }) => text !== undefined && !isSound(text))
    return (
      wrong && `the subject has a value that is empty or has control characters: ${quoted(wrong.text ?? '')}`
    )
  },
}

function isSound(text: string): boolean {
  return text !== '' && !/\p{Cc}/u.test(text)
}
