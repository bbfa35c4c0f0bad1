import { MortiseError } from '../errors/index.js'
import { type Certificate, certificateBlocks, parseCertificate } from '../x509/index.js'

const most = 100

/**
 * The authorities of a setting: certificates as PEM, with whatever text tools write between them.
 *
 * @throws MORTISE_INPUT_INVALID, MORTISE_INPUT_TOO_LARGE
 */
export function authoritiesOf(setting: string, pem: string): Certificate[] {
  return certificateBlocks(setting, pem, most).map((text, i) => {
    const certificate = read(`certificate ${i + 1} of ${setting}`, text)
    if (certificate.extensions.basicConstraints?.cA === true) return certificate
    throw invalid(
      `certificate ${i + 1} of ${setting} is not of an authority: ${JSON.stringify(certificate.subject.text)}`,
    )
  })
}

function read(name: string, text: string): Certificate {
  try {
    return parseCertificate(text)
  } catch (cause) {
    throw invalid(`${name}: ${(cause as Error).message}`, cause)
  }
}

function invalid(message: string, cause?: unknown): MortiseError {
  return new MortiseError('MORTISE_INPUT_INVALID', message, { cause })
}
