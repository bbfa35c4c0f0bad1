import { MortiseError } from '../errors/index.js'

/** Characters. */
const longest = 1_000_000
const label = /-----BEGIN ([^-\r\n]+)-----/g
const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/**
 * The blocks of a text with certificates as PEM (RFC 7468), with whatever tools write between them.
 *
 * @param name of the text, for errors
 * @param most how many there may be
 * @throws MORTISE_INPUT_INVALID, MORTISE_INPUT_TOO_LARGE
 */
export function certificateBlocks(name: string, pem: string, most: number): readonly string[] {
  if (pem.length > longest) throw new MortiseError('MORTISE_INPUT_TOO_LARGE', `${name}: the text is too long`)
  const labels = [...pem.matchAll(label)].map(([, text]) => text)
  const stranger = labels.find((text) => text !== 'CERTIFICATE')
  if (stranger !== undefined) throw invalid(`${name} has a ${stranger} in it: give certificates alone`)
  const blocks = pem.match(block) ?? []
  if (blocks.length >= 1 && blocks.length <= most && blocks.length === labels.length) return blocks
  throw invalid(`${name} must be ${most === 1 ? 'one certificate' : `1 to ${most} certificates`} as PEM`)
}

function invalid(message: string): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message)
}
