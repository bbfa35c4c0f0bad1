import type { ConnectUserInput } from '../../core/index.js'
import { MortiseError } from '../../errors/index.js'

const names = ['namespace', 'userId', 'initTokenHash'] as const
const longestText = 1024
/** 64 bytes as base64 of either alphabet, padded or not. */
const sha512 = /^[A-Za-z0-9+/_-]{86}(?:==)?$/
const loneSurrogate = /\p{Cs}/u

/** The body of /connect. @throws MORTISE_INPUT_INVALID with all that is wrong with it */
export function connectInput(payload: Uint8Array): ConnectUserInput {
  const body = parsed(payload)
  const { namespace, userId, initTokenHash } = body
  const faults = names
    .filter((name) => !isText(body[name]))
    .map((name) => `${name} must be a text of 1 to ${longestText} characters.`)
  if (isText(initTokenHash) && !sha512.test(initTokenHash))
    faults.push('initTokenHash must be 64 bytes in base64.')
  if (Object.keys(body).some((name) => !names.some((known) => known === name)))
    faults.push('Unknown data in body payload.')
  if (faults.length > 0) throw invalid(faults)
  return {
    namespace: namespace as string,
    userId: userId as string,
    digest: Buffer.from(initTokenHash as string, 'base64'),
  }
}

function parsed(payload: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body }
  } catch {
    // What the parser says quotes the body.
  }
  throw invalid(['The body must be a JSON object.'])
}

/** Where a half of a character stands alone, two texts would be the same bytes. */
function isText(value: unknown): value is string {
  return (
    typeof value === 'string' && value !== '' && value.length <= longestText && !loneSurrogate.test(value)
  )
}

function invalid(faults: readonly string[]): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', faults.join(' '), { details: { faults } })
}
