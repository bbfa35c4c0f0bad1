import type { Dialect, Fault } from '../http/index.js'

/** Which errors say the same whatever is wrong. */
const texts: Readonly<Record<string, string>> = {
  MORTISE_KEY_NOT_FOUND: 'Not Found.',
  MORTISE_TOKEN_NOT_FOUND: 'Unknown init token.',
  MORTISE_PRECONDITION_FAILED: 'The key is another one.',
  MORTISE_INPUT_TOO_LARGE: 'Too large.',
}

/**
 * `{"errors":[{"descr":"..."}]}`, as the first keyservice says it.
 *
 * @param refusal the one text for whatever is wrong with a signature
 * @param legacyStatus whether that has the status 400
 */
export function dialectOf(refusal: string, legacyStatus: boolean): Dialect {
  const textsOf = ({ status, code, message, details }: Fault): readonly string[] => {
    if (status === 401) return [refusal]
    if (status === 500) return ['Internal Server Error']
    const { faults } = details as { readonly faults?: readonly string[] }
    return faults ?? [texts[code] ?? message]
  }
  return {
    mediaType: 'application/json',
    challenge: 'ss1',
    statusOf: ({ status }) => (legacyStatus && status === 401 ? 400 : status),
    say: (fault) => JSON.stringify({ errors: textsOf(fault).map((descr) => ({ descr })) }),
  }
}
