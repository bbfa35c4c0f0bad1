import { MortiseError } from '../errors/index.js'
import { type Certificate, parseCertificate } from '../x509/index.js'

const most = 100
const block = /-----BEGIN ([^-\r\n]+)-----.*?-----END \1-----/gs

/**
 * The authorities of a setting: certificates as PEM, with whatever text tools write between them.
 *
 * @throws MORTISE_INPUT_INVALID
 */
export function authoritiesOf(setting: string, pem: string): Certificate[] {
  const blocks = [...pem.matchAll(block)]
  const stranger = blocks.find(([, label]) => label !== 'CERTIFICATE')
  if (stranger) throw invalid(`${setting} has a ${stranger[1]} in it: give certificates alone`)
  if (blocks.length === 0 || blocks.length > most) {
    throw invalid(`${setting} must be 1 to ${most} certificates as PEM`)
  }
  return blocks.map(([text], i) => {
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
