import { MortiseError } from '../../../errors/index.js'
import { boolean, enumerated, type Fields, integer, structure, text } from '../fields.js'
import { enumeration, Tag } from '../tables/index.js'
import { isTwo, type Version, versionOf } from '../version.js'
import { type Credential, credentialIn } from './credential.js'
import { refuse } from './refusal.js'

const BatchErrorContinuationOption = enumeration('BatchErrorContinuationOption')
const AsynchronousIndicator = enumeration('AsynchronousIndicator')

export type OnError = 'continue' | 'stop' | 'undo'

/** What a request says of itself as a whole. */
export interface Header {
  readonly version: Version
  /** Bytes. */
  readonly maximumResponseSize: number
  readonly clientCorrelation: string | undefined
  readonly onError: OnError
  readonly batchCount: number
  readonly credential: Credential | undefined
  /** Whether it is to be answered later. */
  readonly asynchronous: boolean
}

/** The version that a message is in. @throws UnsupportedProtocolVersion, MORTISE_KMIP_MALFORMED */
export function versionIn(header: Fields): Version {
  const version = header.required(Tag.ProtocolVersion, structure)
  const major = version.required(Tag.ProtocolVersionMajor, integer)
  const minor = version.required(Tag.ProtocolVersionMinor, integer)
  const known = versionOf(major, minor)
  if (known !== undefined) return known
  throw refuse(
    'UnsupportedProtocolVersion',
    `KMIP ${major}.${minor} is not spoken here: 1.0 to 1.4, 2.0 and 2.1 are`,
  )
}

/** KMIP 2.1 section 8.2. @throws MORTISE_KMIP_MALFORMED, FeatureNotSupported, AuthenticationNotSuccessful */
export function headerOf(header: Fields, version: Version): Header {
  refuseTwice(header)
  const size = header.optional(Tag.MaximumResponseSize, integer)
  if (size !== undefined && size <= 0)
    throw refuse('InvalidField', 'the Maximum Response Size is not positive')
  return {
    version,
    maximumResponseSize: size ?? Number.POSITIVE_INFINITY,
    clientCorrelation: version >= '1.4' ? header.optional(Tag.ClientCorrelationValue, text) : undefined,
    onError: onErrorIn(header),
    batchCount: header.required(Tag.BatchCount, integer),
    credential: credentialIn(header, version),
    asynchronous: isAsynchronous(header, version),
  }
}

/** Of two values nobody knows which is meant. */
function refuseTwice({ message, item }: Fields): void {
  const seen = new Set<number>()
  for (const child of message.children(item)) {
    const tag = message.tag(child)
    if (seen.has(tag) && tag !== Tag.AttestationType)
      throw new MortiseError('MORTISE_KMIP_MALFORMED', 'a field of the Request Header is there twice')
    seen.add(tag)
  }
}

function onErrorIn(header: Fields): OnError {
  switch (header.optional(Tag.BatchErrorContinuationOption, enumerated)) {
    case BatchErrorContinuationOption.Continue:
      return 'continue'
    case BatchErrorContinuationOption.Undo:
      return 'undo'
    case BatchErrorContinuationOption.Stop:
    case undefined:
      return 'stop'
    default:
      throw refuse('InvalidField', 'there is no such Batch Error Continuation Option')
  }
}

/** Of 1.x it is asked for by whoever can wait, of 2.x by whoever wants nothing else: what is optional is done at once. */
function isAsynchronous(header: Fields, version: Version): boolean {
  return isTwo(version)
    ? header.optional(Tag.AsynchronousIndicator, enumerated) === AsynchronousIndicator.Mandatory
    : (header.optional(Tag.AsynchronousIndicator, boolean) ?? false)
}
