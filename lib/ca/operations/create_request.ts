import { type KeySpec, keySpec, toPem } from '../../crypto/index.js'
import { MortiseError } from '../../errors/index.js'
import { judge } from '../../keys/index.js'
import { native } from '../../native/index.js'
import type { SystemOperation } from '../../operation/index.js'
import { buildRequest, nameOfText } from '../../x509/index.js'
import { type AlternativeNames, countNames, generalNames } from '../names.js'
import type { CaServices } from '../services.js'
import { schemeOf } from '../signing.js'

export interface CreateRequestInput {
  /** RFC 4514. */
  readonly subject: string
  readonly names?: AlternativeNames
  /** `EC` (default), `RSA`, `Ed25519` or `Ed448`. */
  readonly algorithm?: string
  /** Bits, of RSA. Default 3072. */
  readonly length?: number
  /** `P-256` (default), `P-384` or `P-521`, of EC. */
  readonly curve?: string
  /** Encrypts the private key: PBES2 with PBKDF2-HMAC-SHA-256 of 600,000 iterations and AES-256-CBC (RFC 8018). */
  readonly password?: string
}

export interface CreatedRequest {
  /** PKCS#10 as PEM. */
  readonly request: string
  /** PKCS#8 as PEM: it is kept nowhere else. */
  readonly privateKey: string
}

/** Makes a key and a request to certify it, and keeps neither: whoever asks is given both. */
export const createRequest: SystemOperation<CaServices, CreateRequestInput, CreatedRequest> = {
  name: 'CreateCertificateRequest',
  permission: 'Create',
  durability: 'synced',
  independent: true,
  async prepare(services, _actor, input) {
    const spec = keySpec(input.algorithm ?? 'EC', input.length, input.curve)
    const scheme = schemeOf({ algorithm: spec.algorithm.name, values: valuesOf(spec) })
    const mark = judge(services, 'protect', spec)
    const subject = nameOfText(input.subject)
    const { names = {}, password } = input
    if (password !== undefined && (password.length < 1 || password.length > 1024)) {
      throw new MortiseError('MORTISE_INPUT_INVALID', 'a password has 1 to 1,024 characters')
    }
    const pair = await native.generateKeyPair(...nativeKind(spec))
    const secret = password === undefined ? undefined : Buffer.from(password.normalize('NFC'))
    try {
      const request = await buildRequest(
        {
          ...{ subject, publicKey: pair.publicKey },
          extensions: countNames(names) > 0 ? { subjectAltName: generalNames(names) } : {},
        },
        {
          scheme,
          sign: (message) =>
            native.signAsync(pair.privateKey, scheme, message, { digested: false, encoding: 'der' }),
        },
      )
      const options = { encoding: 'pem', ...(secret && { password: secret }) } as const
      const privateKey = await native.exportEncoded(pair.privateKey, 'pkcs8', options)
      return {
        answer: { request: toPem('pkcs10', request.der), privateKey: privateKey.toString('latin1') },
        detail: { subject: subject.text, algorithm: spec.algorithm.name, length: spec.length, ...mark },
      }
    } finally {
      secret?.fill(0)
      pair.privateKey.dispose()
    }
  },
}

function valuesOf({ curve }: KeySpec) {
  return { extractable: true, sensitive: false, ...(curve && { curve }) }
}

function nativeKind({ algorithm, length, curve }: KeySpec): Parameters<typeof native.generateKeyPair> {
  const type = algorithm.native
  if (type === 'RSA') return [type, length]
  if (type === 'EC') return [type, curve ?? null]
  if (type === 'Ed25519' || type === 'Ed448') return [type, null]
  throw new MortiseError('MORTISE_CRYPTO_UNSUPPORTED', `keys of ${algorithm.name} sign no request`)
}
