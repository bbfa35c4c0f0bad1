import { type Judged, judgedScheme, signatureScheme, uses } from '../../crypto/index.js'
import type { SignatureScheme } from '../../native/index.js'
import type { ObjectOperation } from '../../operation/index.js'
import { judge } from '../judge.js'
import { protectStates } from '../lifecycle.js'
import type { KeyServices } from '../services.js'
import { checkSize } from './encrypt.js'

export interface SignInput {
  /** Id or name of a private key. */
  readonly object: string
  /** The message, or its digest where `digested` is true. */
  readonly data: Uint8Array
  /** A scheme that fits the key, by JOSE's name. Default: PS256 for RSA, ES256/384/512 by the curve, EdDSA. */
  readonly scheme?: SignatureScheme
  /** `data` is a digest by the scheme's hash. Not with EdDSA. Default false. */
  readonly digested?: boolean
  /**
   * `data` is a digest by a hash that nobody names, and is signed as it is: of ECDSA and, without PSS, of RSA. Only under the policy
   * `compatible`. Default false.
   */
  readonly bare?: boolean
  /** Bytes of the salt of PSS: 0 to 512. Default as many as the hash has. */
  readonly saltLength?: number
  /** Form of ECDSA signatures: `der` (default) or `p1363` (r and s, as JOSE has it). */
  readonly encoding?: 'der' | 'p1363'
}

export interface SignAnswer {
  readonly signature: Buffer
  readonly scheme: SignatureScheme
  readonly keyId: string
}

/** KMIP 2.1 section 6.1.55. */
export const sign: ObjectOperation<KeyServices, SignInput, SignAnswer> = {
  name: 'Sign',
  permission: 'Sign',
  durability: 'written',
  states: protectStates,
  purposes: ['general'],
  usage: 'Sign',
  protects: ({ data }) => data.length,
  target: (input) => input,
  async prepare(services, _actor, input, object) {
    checkSize(input.data)
    const scheme = signatureScheme(object.algorithm, object.values.curve, input.scheme)
    const mark = judge(services, 'protect', object, ...judgedSigning(scheme, input))
    const key = services.provider(object.provider).open(object)
    const signature = await key.sign(scheme, input.data, signOptions(input))
    return { answer: { signature, scheme, keyId: object.id }, detail: { scheme, ...mark } }
  },
}

export function judgedSigning(scheme: SignatureScheme, { bare }: Pick<SignInput, 'bare'>): readonly Judged[] {
  return bare ? [uses.bareDigest] : [judgedScheme(scheme)]
}

export function signOptions(input: Pick<SignInput, 'bare' | 'digested' | 'encoding' | 'saltLength'>) {
  const { bare = false, digested = false, encoding = 'der', saltLength } = input
  return { bare, digested, encoding, ...(saltLength !== undefined && { saltLength }) } as const
}
