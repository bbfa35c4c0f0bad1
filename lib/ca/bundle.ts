import { MortiseError } from '../errors/index.js'

const most = 10
/** Characters. */
const longest = 1_000_000
const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----/g

/**
 * The blocks of a text with certificates as PEM (RFC 7468), with whatever tools write between them.
 *
 * @throws MORTISE_INPUT_INVALID, MORTISE_INPUT_TOO_LARGE
 */
export function certificatesOf(pem: string): readonly string[] {
  if (pem.length > longest)
    throw new MortiseError('MORTISE_INPUT_TOO_LARGE', 'the certificates are too large')
  const blocks = pem.match(block) ?? []
  if (blocks.length >= 1 && blocks.length <= most) return blocks
  throw new MortiseError('MORTISE_INPUT_INVALID', `give 1 to ${most} certificates as PEM`)
}
