import { isRefusal, refuse } from '../engine/refusal.js'
import { byteString, enumerated, text } from '../fields.js'
import { enumeration, enumerationNames, Tag } from '../tables/index.js'
import type { KmipOperation, Request } from './operation.js'

const functionNames = enumerationNames('PKCS_11Function')
const ReturnCode = enumeration('PKCS_11ReturnCode')
const name = 'PKCS_11'

/** What a function gives back. */
interface Returned {
  readonly code: number
  readonly output?: Buffer
  readonly correlation?: Buffer
}

/** CK_INFO (PKCS#11 3.0 section 3.1): numbers are big-endian, texts padded with spaces. */
const info = Buffer.concat([
  Buffer.of(3, 0),
  padded('Mortise'),
  Buffer.alloc(8),
  padded('Keys behind KMIP'),
  Buffer.of(1, 0),
])

/**
 * KMIP 2.1 section 6.1.37, as far as the profile's cases go: a library that is begun, says what it is, and is ended. Whoever works with
 * keys does so by the operations of KMIP.
 *
 * @throws PKCS_11InvalidInterface, PKCS_11InvalidFunction
 */
export const pkcs11: KmipOperation = {
  name,
  effect: 'read',
  async run(request) {
    const { payload } = request
    const library = payload.optional(Tag.PKCS_11Interface, text)
    if (library !== undefined && library !== 'PKCS 11')
      throw refuse('PKCS_11InvalidInterface', 'the interface PKCS 11 is served alone')
    const number = payload.required(Tag.PKCS_11Function, enumerated)
    const called = functionNames.name(number)
    if (called === undefined) throw refuse('PKCS_11InvalidFunction', 'PKCS#11 has no such function')
    const { code, correlation, output } = answerTo(called, request)
    return {
      write(writer) {
        if (library !== undefined) writer.text(Tag.PKCS_11Interface, library)
        writer.enumeration(Tag.PKCS_11Function, number)
        if (correlation) writer.byteString(Tag.CorrelationValue, correlation)
        if (output) writer.byteString(Tag.PKCS_11OutputParameters, output)
        writer.enumeration(Tag.PKCS_11ReturnCode, code)
      },
    }
  },
}

function answerTo(called: string, request: Request): Returned {
  const { payload, session, streams } = request
  const principal = session.principal.id
  if (called === 'C_Initialize') {
    const correlation = streams.begin({ principal, operation: name, begun: undefined })
    return { code: ReturnCode.OK, correlation }
  }
  const correlation = payload.optional(Tag.CorrelationValue, byteString)
  const begun = correlation && begunBy(request, correlation)
  if (!begun) return { code: ReturnCode.CRYPTOKI_NOT_INITIALIZED }
  switch (called) {
    case 'C_GetInfo':
      return { code: ReturnCode.OK, output: info }
    case 'C_Finalize':
      streams.end(correlation, begun)
      return { code: ReturnCode.OK }
    default:
      return { code: ReturnCode.FUNCTION_NOT_SUPPORTED }
  }
}

/** What C_Initialize has begun; undefined where it has not, or has ended. */
function begunBy({ session, streams }: Request, correlation: Buffer) {
  try {
    return streams.find(correlation, session.principal.id, name)
  } catch (error) {
    if (isRefusal(error, 'InvalidCorrelationValue')) return undefined
    throw error
  }
}

function padded(label: string): Buffer {
  return Buffer.from(label.padEnd(32))
}
