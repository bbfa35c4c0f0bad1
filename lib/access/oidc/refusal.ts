import { MortiseError } from '../../errors/index.js'

/**
 * Why a token proves nobody: for the audit trail and the log. Whoever sent it hears what everybody hears.
 *
 * @param given what the token says of itself, if that helps: anybody may have written it
 */
export function refusal(reason: string, given?: unknown): MortiseError {
  const shown = given === undefined ? '' : `: ${shownText(given)}`
  return new MortiseError('MORTISE_AUTH_REQUIRED', undefined, { cause: new Error(`${reason}${shown}`) })
}

/** At most 200 characters, none of them unseen. */
function shownText(given: unknown): string {
  const text = JSON.stringify(given)?.slice(0, 200) ?? ''
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?')
}
