import { signatureScheme } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import { checkSize, judge, judgedSigning, protectStates, type SignAnswer } from '../../keys/index.js'
import type { SignatureScheme } from '../../native/index.js'
import { type ObjectOperation, usageMask } from '../../operation/index.js'
import type { KeymanagerServices } from '../services.js'

export interface KeymanagerSignInput {
  /** Id of a private key. */
  readonly object: string
  readonly data: Uint8Array
  /** By JOSE's name. Default RS256 of RSA, and by the curve. */
  readonly scheme?: SignatureScheme | undefined
}

/**
 * Signs with a key of an application, as JOSE does: r and s of ECDSA.
 *
 * @throws MORTISE_KEYMANAGER_REFERENCE for a certificate, which nobody but the hierarchy signs
 */
export const keymanagerSign: ObjectOperation<KeymanagerServices, KeymanagerSignInput, SignAnswer> = {
  name: 'KeymanagerSign',
  permission: 'Sign',
  durability: 'written',
  states: protectStates,
  purposes: ['keymanager'],
  usage: 'Sign',
  protects: ({ data }) => data.length,
  target: ({ object }) => ({ object }),
  async prepare(services, _actor, { data, scheme: asked }, object) {
    checkSize(data)
    // A module key certifies too: what it signs for anybody must not be the inside of a certificate.
    if (object.usage & usageMask.CertificateSign && isSequence(data))
      throw new MortiseError('MORTISE_KEYMANAGER_REFERENCE', 'a key that certifies signs no certificate so')
    const scheme = usualScheme(object.algorithm, object.values.curve, asked)
    const mark = judge(services, 'protect', object, ...judgedSigning(scheme, {}))
    const signature = await services
      .provider(object.provider)
      .open(object)
      .sign(scheme, data, { digested: false, encoding: 'p1363' })
    return { answer: { signature, scheme, keyId: object.id }, detail: { scheme, ...mark } }
  },
}

export function usualScheme(algorithm: string, curve: string | undefined, asked?: string): SignatureScheme {
  return signatureScheme(algorithm, curve, asked ?? (algorithm === 'RSA' ? 'RS256' : undefined))
}

/** Bytes: no certificate is shorter, and no digest that begins like one as long. */
const shortestCertificate = 128

/** Whether it is a SEQUENCE (X.690 section 8.9), as TBSCertificate is. */
function isSequence(data: Uint8Array): boolean {
  const [tag, first = 0] = data
  if (tag !== 0x30 || data.length < shortestCertificate) return false
  if (first === 0x80) return true
  const size = first < 0x80 ? 0 : first & 0x7f
  const length = size === 0 ? first : data.subarray(2, 2 + size).reduce((all, byte) => all * 256 + byte, 0)
  return 2 + size + length === data.length
}
